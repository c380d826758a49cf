/** Defines the `serve` command and its options. */
import { type Command, Option } from 'commander';
import {
  acting,
  addKeyring,
  addLedger,
  type CommandContext,
  wholeNumber,
} from '../command-helpers.ts';
import { several } from '../configured.ts';

/**
 * Adds the ledger and keyring options, both optional: a sidecar needs neither if the gateway sends
 * the standing.
 */
const addStore = (command: Command, outline: CommandContext): Command =>
  addKeyring(addLedger(command, outline, false), outline, false)
    .option('--spool <file>', outline.word('optSpool'))
    .option('--no-purge', outline.word('optNoPurge'))
    .option('--waivers <file>', outline.word('optWaivers'))
    .option('--notice <file>', outline.word('optNotice'))
    .option('--months <count>', outline.word('optMonths'), wholeNumber)
    .option('--memory-megabytes <count>', outline.word('optMemory'), wholeNumber)
    .addOption(
      new Option('--on-failure <choice>', outline.word('optOnFailure')).choices([
        'count',
        'refuse',
      ]),
    );

export function addServe(program: Command, outline: CommandContext): void {
  const { word } = outline;
  const command = program
    .command('serve')
    .description(word('cmdServe'))
    .option('--listen <host:port>', word('optListen'), '127.0.0.1:8451')
    .addOption(new Option('--socket <file>', word('optSocket')).conflicts('listen'))
    .option('--peer <prefix>', word('optPeer'), several)
    .option('--trusted <prefix>', word('optTrusted'), several)
    .option('--trusted-file <file>', word('optTrustedFile'))
    .option('--address-header <name>', word('optAddressHeader'), 'x-forwarded-for')
    .option('--subscriber-header <name>', word('optSubscriberHeader'), 'laissez-passer-subscriber')
    .option('--standing-header <name>', word('optStandingHeader'))
    .option('--offer-header <name>', word('optOfferHeader'))
    .option('--channel-header <name>', word('optChannelHeader'))
    .option('--offers <file>', word('optOffers'))
    .option('--fitting-status', word('optFittingStatus'))
    .option('--shadow', word('optShadow'))
    .option('--cors-origin <origin>', word('optCorsOrigin'), several)
    .option('--decide-preflights', word('optDecidePreflights'))
    .option('--blocked-by <url>', word('optBlockedBy'))
    .option('--try-address <address>', word('optTryAddress'))
    .addOption(
      new Option('--client-language <lang>', word('optClientLanguage'))
        .choices(['fr', 'en'])
        .default('fr'),
    )
    .option('--guards <file>', word('optGuards'))
    .option('--table-state <file>', word('optTableState'))
    .option('--editions <folder>', word('optEditions'))
    .option('--max-table-age <days>', word('optMaxTableAge'), wholeNumber)
    .option('--update-every <hours>', word('optUpdateEvery'), wholeNumber)
    .option('--verdict-lifetime <seconds>', word('optVerdictLifetime'), wholeNumber, 0)
    .option('--drain <seconds>', word('optDrain'), wholeNumber, 2)
    .addOption(
      new Option('--log-format <format>', word('optLogFormat'))
        .choices(['text', 'json'])
        .default('text'),
    );
  addStore(command, outline).action(
    acting(outline, async () => (await import('./serve.ts')).serve),
  );
}
