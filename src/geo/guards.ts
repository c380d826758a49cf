/**
 * Defines and validates the guards that a table must pass before it is put in force automatically.
 */

import { checkSchema, fields, flag, list, optional, that, word } from '../config-schema.ts';
import { ZONES, type Zone } from '../zone.ts';
import { parseAddress } from './address.ts';

/** An address whose zone is beyond doubt. */
export interface Sentinel {
  readonly address: string;
  readonly zone: Zone;
}

/** Minimum and maximum share of the public IPv4 addresses, between 0 and 1. */
export type Bounds = readonly [least: number, most: number];

/** The subject of a share: a zone, or the anonymised addresses. */
export type Share = Zone | 'anonymised';

/** An address family. */
export type Family = 'ipv4' | 'ipv6';

export const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

/** The conditions that a table must meet before it is put in force automatically. */
export interface Guards {
  /**
   * Bounds of the shares of public IPv4 addresses. A missing share has default bounds
   * (docs/tables.md).
   */
  readonly shares?: { readonly [Of in Share]?: Bounds | undefined } | undefined;
  /** The operator's own sentinels, in addition to the bundled ones. */
  readonly sentinels?: readonly Sentinel[] | undefined;
  /** Whether the bundled sentinels are checked; default: `true`. */
  readonly bundledSentinels?: boolean | undefined;
  /**
   * How much of the home space, and of the EEA space, may enter or leave its zone compared with the
   * table in force, as a share of that space in either family. Default: 0.05; 1 accepts every
   * change. Addresses that become anonymised count as having left; addresses that enter a zone
   * count the same as those that leave. In IPv6 a range counts as at most one /32.
   */
  readonly moved?: number | undefined;
  /**
   * Families in which home, the rest of the EEA and the outside must each have an address; default:
   * both. A table compiled from an IPv4-only file would refuse every subscriber on IPv6.
   */
  readonly families?: readonly Family[] | undefined;
}

/**
 * A guard that a table violates. It contains no address: a sentinel is identified by its position
 * in its list, from 1.
 */
export type GuardViolation =
  | { readonly guard: 'share'; readonly of: Share; readonly share: number; readonly bounds: Bounds }
  | {
      readonly guard: 'sentinel';
      readonly list: 'own' | 'bundled';
      readonly which: number;
      readonly expected: Zone;
      readonly found: Zone;
    }
  | {
      readonly guard: 'moved';
      readonly family: 'ipv4' | 'ipv6';
      readonly zone: 'home' | 'eea';
      readonly moved: number;
      readonly most: number;
    }
  | {
      readonly guard: 'family';
      readonly family: Family;
      /** The zones without an address in this family, although every real source has some. */
      readonly missing: readonly Zone[];
    };

/**
 * Wide enough for every State of the EEA as home and for every source known to us; narrow enough to
 * detect a file with other content.
 */
export const DEFAULT_SHARES: Readonly<Record<Share, Bounds>> = {
  home: [0.00001, 0.08],
  eea: [0.06, 0.22],
  outside: [0.6, 0.92],
  unknown: [0, 0.15],
  anonymised: [0, 0.25],
};

export const DEFAULT_MOVED = 0.05;

const isShare = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= 1;

const share = that<number>(isShare, { en: 'a number from 0 to 1', fr: 'un nombre de 0 à 1' });

const areBounds = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && value.every(isShare) && value[0]! <= value[1]!;

const bounds = optional(
  that<Bounds>(areBounds, {
    en: 'two numbers from 0 to 1 in ascending order',
    fr: 'deux nombres de 0 à 1 dans l’ordre croissant',
  }),
);

const address = that<string>(value => parseAddress(value as string) !== undefined, {
  en: 'an IPv4 or IPv6 address',
  fr: 'une adresse IPv4 ou IPv6',
});

const SCHEMA = fields({
  shares: optional(
    fields({
      home: bounds,
      eea: bounds,
      outside: bounds,
      unknown: bounds,
      anonymised: bounds,
    }),
  ),
  sentinels: optional(list(fields({ address, zone: word(ZONES) }))),
  bundledSentinels: optional(flag),
  moved: optional(share),
  families: optional(list(word(FAMILIES))),
});

/**
 * Checks guards: a typing error must not disable one.
 * @throws PortabilityError `ERR_ARGUMENT`, with the name of the field at fault
 */
export const checkGuards = (guards: Guards): Guards =>
  checkSchema(SCHEMA, guards, 'ERR_ARGUMENT', { en: 'the guards', fr: 'les garde-fous' });
