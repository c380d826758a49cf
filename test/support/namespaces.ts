/**
 * Puts programs into network namespaces that are joined by links, which can be cut and spoilt.
 * Needs root and the program `ip`; without them the tests are skipped.
 */
import { spawnSync } from 'node:child_process';

const ip = (...args: readonly string[]): boolean => spawnSync('ip', args).status === 0;
const must = (program: string, ...args: readonly string[]): void => {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
};

const named = (name: string): string => `lp${process.pid}-${name}`;

function canUse(): boolean {
  const name = named('try');
  const works =
    ip('netns', 'add', name) && ip('-n', name, 'link', 'add', 'name', 'end', 'type', 'veth');
  ip('netns', 'del', name);
  return works;
}
export const hasNamespaces = canUse();

/** A link between the hub and one namespace. */
export interface Link {
  readonly namespace: string;
  /** Takes the link away: packets vanish, and no program is told. */
  cut(): void;
  /** Delays packets and loses some, in both directions. */
  spoil(): void;
  /** Makes the link whole again. */
  heal(): void;
}

export interface Hub {
  readonly namespace: string;
  /** Joins a new namespace to the hub. The hub has the address `10.77.N.1` on the Nth link. */
  join(n: number): Link;
  /** Removes all namespaces. The programs in them must have ended. */
  remove(): void;
}

/**
 * Delay and loss by netem. A kernel without it has a narrow link with a short queue instead, which
 * delays the packets that it holds and loses those that it does not.
 */
const SPOILT = [
  ['netem', 'delay', '80ms', '60ms', 'loss', '15%'],
  ['tbf', 'rate', '120kbit', 'burst', '1600', 'latency', '60ms'],
];

export function createHub(): Hub {
  const hub = named('hub');
  const namespaces = [hub];
  must('ip', 'netns', 'add', hub);
  must('ip', '-n', hub, 'link', 'set', 'lo', 'up');
  return {
    namespace: hub,
    join: n => {
      const namespace = named(`${n}`);
      const device = `link${n}`;
      must('ip', 'netns', 'add', namespace);
      namespaces.push(namespace);
      const pair = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace];
      must('ip', '-n', hub, 'link', 'add', 'name', device, ...pair);
      must('ip', '-n', hub, 'address', 'add', `10.77.${n}.1/24`, 'dev', device);
      must('ip', '-n', namespace, 'address', 'add', `10.77.${n}.2/24`, 'dev', 'eth0');
      must('ip', '-n', hub, 'link', 'set', device, 'up');
      must('ip', '-n', namespace, 'link', 'set', 'eth0', 'up');
      must('ip', '-n', namespace, 'link', 'set', 'lo', 'up');
      const ends = [
        [hub, device],
        [namespace, 'eth0'],
      ] as const;
      return {
        namespace,
        cut: () => must('ip', '-n', hub, 'link', 'set', device, 'down'),
        spoil: () => {
          for (const [where, end] of ends) {
            const does = SPOILT.some(
              how =>
                spawnSync('tc', ['-n', where, 'qdisc', 'replace', 'dev', end, 'root', ...how])
                  .status === 0,
            );
            if (!does) throw new Error('the kernel has neither netem nor tbf');
          }
        },
        heal: () => {
          must('ip', '-n', hub, 'link', 'set', device, 'up');
          for (const [where, end] of ends)
            spawnSync('tc', ['-n', where, 'qdisc', 'del', 'dev', end, 'root']);
        },
      };
    },
    remove: () => {
      for (const namespace of namespaces) ip('netns', 'del', namespace);
    },
  };
}
