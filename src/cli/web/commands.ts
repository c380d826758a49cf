/** Defines the `desk` command and its options. */
import { type Command, Option } from 'commander';
import { portabilityError } from '../../errors.ts';
import * as WEB from '../../messages/web.ts';
import { acting, addLocations, type CommandContext, wholeNumber } from '../command-helpers.ts';
import { several } from '../configured.ts';
import { secondAgent } from '../desk/commands.ts';
import { ROLES, type Role } from './agents.ts';

type Groups = Partial<Readonly<Record<Role, string>>>;

/** Reads `act=support-level-2`: the group of a role. */
function groupOf(text: string, before: Groups = {}): Groups {
  const [, name, group] = /^([a-z]+)=(\S.{0,63})$/.exec(text) ?? [];
  const role = ROLES.find(each => each === name);
  if (role === undefined)
    throw portabilityError(
      WEB.groupForm,
      { option: '--group', value: text },
      { roles: ROLES.join(', ') },
    );
  return { ...before, [role]: group };
}

export function addDesk(program: Command, outline: CommandContext): void {
  const { word } = outline;
  addLocations(program.command('desk').description(word('cmdDesk')), outline)
    .option('--listen <host:port>', word('optListen'), '127.0.0.1:8453')
    .addOption(new Option('--socket <file>', word('optSocket')).conflicts('listen'))
    .option('--agent <name>', word('optAgent'))
    .option('--peer <prefix>', word('optDeskPeer'), several)
    .option('--agent-header <name>', word('optAgentHeader'), 'remote-user')
    .option('--groups-header <name>', word('optGroupsHeader'), 'remote-groups')
    .option('--group <role=name>', word('optGroup'), groupOf)
    .option('--base <path>', word('optBase'), '')
    .option('--offers <file>', word('optOffers'))
    .option('--waivers <file>', word('optWaivers'))
    .option('--notice <file>', word('optNotice'))
    .option('--editions <folder>', word('optEditions'))
    .addOption(secondAgent(outline))
    .option('--time-zone <zone>', word('optTimeZone'), 'Europe/Paris')
    .option('--session-minutes <count>', word('optSessionMinutes'), wholeNumber, 30)
    .addOption(
      new Option('--client-language <lang>', word('optDeskLanguage'))
        .choices(['fr', 'en'])
        .default('fr'),
    )
    .addOption(
      new Option('--log-format <format>', word('optLogFormat'))
        .choices(['text', 'json'])
        .default('text'),
    )
    .action(acting(outline, async () => (await import('./serve-desk.ts')).desk));
}
