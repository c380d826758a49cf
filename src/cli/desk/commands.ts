/**
 * Defines the commands of the support desk, with their options and the function that each one
 * calls.
 */
import { Argument, type Command, Option } from 'commander';
import { DIRECTIVE_CHOICES, HOLD_REASONS } from '../../desk/rights.ts';
import { DOUBT_REASONS, EVENT_TYPES, OUTCOMES, VERIFIED_BY } from '../../law/dossier.ts';
import { OCCASIONS } from '../../law/residence.ts';
import { ACCESS_REASONS } from '../../subjects/access-reasons.ts';
import { EXCEPTION_REASONS } from '../../subjects/exceptions.ts';
import { JOURNAL_ACTIONS } from '../../subjects/journal.ts';
import { REQUEST_KINDS, REQUEST_OUTCOMES } from '../../subjects/requests.ts';
import {
  acting,
  addLedger,
  addLocations,
  addOffer,
  addPast,
  type CommandContext,
  wholeNumber,
} from '../command-helpers.ts';
import { dayOption, monthOption } from '../dates.ts';
import { meansHelp } from '../words/residence.ts';
import type { PlainWord } from '../words/words.ts';

/**
 * Creates a command group whose commands take the evidence locations, the agent and the reason,
 * which is mandatory for most.
 */
function deskGroup(
  program: Command,
  outline: CommandContext,
  name: string,
  description: PlainWord,
) {
  const { word } = outline;
  const group = program.command(name).description(word(description)).helpCommand(false);
  const takesNumber = name === 'subscriber' || name === 'residence';
  const add = (usage: string, about: PlainWord, needsReason = true): Command => {
    const command = addLocations(group.command(usage).description(word(about)), outline);
    const reason = new Option('--reason <reason>', word('optReason')).choices(ACCESS_REASONS);
    command
      .option('--agent <name>', word('optAgent'))
      .addOption(needsReason ? reason.makeOptionMandatory() : reason)
      .option('--reference <code>', word('optReference'));
    return takesNumber && usage !== 'overdue'
      ? command.option('--number <number>', word('optNumber'))
      : command;
  };
  return { group, add };
}

const SECOND_AGENT = 'LAISSEZ_PASSER_SECOND_AGENT';

/** Creates the option for the operations that a second agent must confirm; the desk checks them. */
export const secondAgent = ({ word }: CommandContext): Option =>
  new Option('--second-agent <operations>', `${word('optSecondAgent')} (${SECOND_AGENT})`)
    .env(SECOND_AGENT)
    .argParser((value: string) => value.split(/[\s,]+/).filter(each => each !== ''));

function addSubscriber(program: Command, outline: CommandContext): void {
  const { word } = outline;
  const { add } = deskGroup(program, outline, 'subscriber', 'cmdSubscriber');
  addPast(addOffer(add('show', 'cmdShow', false), outline), outline)
    .option('--address <address>', word('optAddress'))
    .option('--waivers <file>', word('optWaivers'))
    .option('--calendar', word('optCalendar'))
    .option('--months <count>', word('optMonthsShown'), wholeNumber, 6)
    .action(acting(outline, async () => (await import('./show-subscriber.ts')).subscriberShow));
  add('export', 'cmdExport')
    .option('--notice <file>', word('optNotice'))
    .option('--html <file>', word('optExportHtml'))
    .option('--output <file>', word('optOutput'))
    .action(acting(outline, async () => (await import('./rights.ts')).subscriberExport));
  add('erase', 'cmdErase')
    .addOption(secondAgent(outline))
    .option('--even-dossier', word('optEvenDossier'))
    .option('--objection-upheld', word('optUpheld'))
    .option('--yes', word('optYes'))
    .action(acting(outline, async () => (await import('./rights.ts')).subscriberErase));
  add('restrict', 'cmdRestrict')
    .option('--objection', word('optObjection'))
    .action(acting(outline, async () => (await import('./rights.ts')).subscriberRestrict));
  add('lift', 'cmdLift')
    .addOption(
      new Option('--rejected <outcome>', word('optRejected')).choices(
        REQUEST_OUTCOMES.filter(
          outcome => outcome.startsWith('refused') || outcome === 'withdrawn',
        ),
      ),
    )
    .action(acting(outline, async () => (await import('./rights.ts')).subscriberLift));
  addKeeping(add, outline);
}

function addKeeping(add: (name: string, key: PlainWord) => Command, outline: CommandContext): void {
  const { word } = outline;
  add('hold', 'cmdHold')
    .addOption(
      new Option('--hold-reason <reason>', word('optActionReason'))
        .choices(HOLD_REASONS)
        .makeOptionMandatory(),
    )
    .addOption(dayOption('--review <day>', word('optReview')).makeOptionMandatory())
    .action(acting(outline, async () => (await import('./rights.ts')).subscriberHold));
  add('release', 'cmdRelease')
    .addOption(secondAgent(outline))
    .option('--yes', word('optYes'))
    .action(acting(outline, async () => (await import('./rights.ts')).subscriberRelease));
  add('directive', 'cmdDirective')
    .addOption(new Option('--choice <choice>', word('optChoice')).choices(DIRECTIVE_CHOICES))
    .option('--designated <code>', word('optDesignated'))
    .option('--revoke', word('optRevoke'))
    .action(acting(outline, async () => (await import('./rights.ts')).subscriberDirective));
  add('exception', 'cmdException')
    .addOption(
      new Option('--exception-reason <reason>', word('optActionReason')).choices(EXCEPTION_REASONS),
    )
    .addOption(dayOption('--until <day>', word('optExceptionUntil')))
    .option('--revoke', word('optRevokeException'))
    .action(acting(outline, async () => (await import('./exception.ts')).subscriberException));
  add('dispute', 'cmdDispute')
    .addOption(dayOption('--day <day>', word('optDay')).makeOptionMandatory())
    .addOption(
      new Option('--side <side>', word('optSide'))
        .choices(['home', 'outside'])
        .makeOptionMandatory(),
    )
    .option('--yes', word('optYes'))
    .action(acting(outline, async () => (await import('./rights.ts')).subscriberDispute));
}

function addResidence(program: Command, outline: CommandContext): void {
  const { word } = outline;
  const { group, add } = deskGroup(program, outline, 'residence', 'cmdResidence');
  const means = `\n${word('meansHelp')}\n${meansHelp(outline.language)}`;
  group
    .command('check')
    .description(word('cmdCheck'))
    .argument('<means...>', word('argMeans'))
    .addOption(
      new Option('--occasion <occasion>', word('optOccasion'))
        .choices(OCCASIONS)
        .default('conclusion'),
    )
    .option('--postal-address-registered', word('optRegistered'))
    .addHelpText('after', means)
    .action(acting(outline, async () => (await import('./residence.ts')).residenceCheck));
  add('event', 'cmdEvent')
    .addArgument(new Argument('<event>', word('argEvent')).choices(EVENT_TYPES))

    .addOption(dayOption('--on <day>', word('optOn')))
    .option('--renews-every <months>', word('optRenewsEvery'), wholeNumber)
    .addOption(new Option('--outcome <outcome>', word('optOutcome')).choices(OUTCOMES))
    .option('--means <letters...>', word('optMeans'))
    .addOption(new Option('--occasion <occasion>', word('optOccasion')).choices(OCCASIONS))
    .addOption(new Option('--by <who>', word('optBy')).choices(VERIFIED_BY))
    .option('--postal-address-registered', word('optRegistered'))
    .addOption(new Option('--doubt-reason <reason>', word('optDoubtReason')).choices(DOUBT_REASONS))
    .addOption(dayOption('--answer-by <day>', word('optAnswerBy')))
    .addOption(
      new Option('--held-data-prove-residence <answer>', word('optHeldData')).choices([
        'yes',
        'no',
      ]),
    )
    .addOption(dayOption('--until <day>', word('optUntil')))
    .addHelpText('after', `${word('eventHelp')}\n${means}`)
    .action(acting(outline, async () => (await import('./residence.ts')).residenceEvent));
  add('undo', 'cmdUndo')
    .argument('<number>', word('argNumber'), wholeNumber)

    .option('--yes', word('optYes'))
    .action(acting(outline, async () => (await import('./residence.ts')).residenceUndo));
  add('import', 'cmdImport')
    .argument('<file>', word('argImportFile'))
    .option('--dry-run', word('optDryRun'))
    .option('--rejects <file>', word('optRejects'))
    .addHelpText('after', `\n${word('importHelp')}`)
    .action(acting(outline, async () => (await import('./import-residence.ts')).residenceImport));
  add('overdue', 'cmdOverdue', false)
    .option('--limit <count>', word('optLinesLimit'), wholeNumber, 1000)
    .action(acting(outline, async () => (await import('./residence.ts')).residenceOverdue));
}

function addRequests(program: Command, outline: CommandContext): void {
  const { word } = outline;
  const { add } = deskGroup(program, outline, 'requests', 'cmdRequests');
  add('open', 'cmdRequestsOpen', false)
    .addOption(
      new Option('--kind <right>', word('optKind')).choices(REQUEST_KINDS).makeOptionMandatory(),
    )
    .addOption(dayOption('--received <day>', word('optReceived')))
    .action(acting(outline, async () => (await import('./requests.ts')).requestsOpen));
  add('list', 'cmdRequestsList', false).action(
    acting(outline, async () => (await import('./requests.ts')).requestsList),
  );
  add('due', 'cmdRequestsDue', false).action(
    acting(outline, async () => (await import('./requests.ts')).requestsDue),
  );
  add('extend', 'cmdRequestsExtend', false)
    .argument('<request>', word('argRequest'))
    .action(acting(outline, async () => (await import('./requests.ts')).requestsExtend));
  add('identity', 'cmdRequestsIdentity', false)
    .argument('<request>', word('argRequest'))
    .addOption(
      new Option('--step <step>', word('optStep'))
        .choices(['asked', 'established'])
        .makeOptionMandatory(),
    )
    .action(acting(outline, async () => (await import('./requests.ts')).requestsIdentity));
  add('answer', 'cmdRequestsAnswer', false)
    .argument('<request>', word('argRequest'))
    .addOption(
      new Option('--outcome <outcome>', word('optRequestOutcome'))
        .choices(REQUEST_OUTCOMES)
        .makeOptionMandatory(),
    )
    .action(acting(outline, async () => (await import('./requests.ts')).requestsAnswer));
}

function addJournal(program: Command, outline: CommandContext): void {
  const { word } = outline;
  const { add } = deskGroup(program, outline, 'journal', 'cmdJournal');
  add('list', 'cmdJournalList')
    .option('--person', word('optPerson'))
    .option('--by <name>', word('optByAgent'))
    .addOption(new Option('--action <action>', word('optJournalAction')).choices(JOURNAL_ACTIONS))
    .addOption(dayOption('--from <day>', word('optFrom')))
    .addOption(dayOption('--to <day>', word('optTo')))
    .option('--limit <count>', word('optLimit'), wholeNumber, 1000)
    .action(acting(outline, async () => (await import('./journal.ts')).journalList));
}

function addReport(program: Command, outline: CommandContext): void {
  const { word } = outline;
  addLedger(program.command('report').description(word('cmdReport')), outline)
    .addOption(monthOption('--from <month>', word('optFromMonth')).makeOptionMandatory())
    .addOption(monthOption('--to <month>', word('optToMonth')).makeOptionMandatory())
    .option('--html <file>', word('optHtml'))
    .action(acting(outline, async () => (await import('./report.ts')).report));
}

/** The command groups, in the order of the help text. */
export const DESK_COMMANDS = [
  addSubscriber,
  addResidence,
  addRequests,
  addJournal,
  addReport,
] as const;
