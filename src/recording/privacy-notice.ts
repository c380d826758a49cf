/** Defines the operator's privacy notice as data, with that of OCS as default. */

import ocs from '../../data/notice.ocs-2021.json' with { type: 'json' };
import type { LocalisedText } from '../messages/localised-text.ts';

/** An entry of a notice: its words in the notice itself, and in English. */
export interface NoticeEntry {
  readonly id: string;
  readonly en: string;
  /** The words of the notice, in its own language. */
  readonly wording: string;
}

/** A category of data, and the kept fields that it names: `table.column` or `table.*`. */
export interface NoticeCategory extends NoticeEntry {
  readonly fields?: readonly string[] | undefined;
}

type Bilingual<Entry> = Entry & { readonly fr: string };
type Statement = Omit<Bilingual<NoticeEntry>, 'id'>;

/**
 * What an operator's privacy notice says, as data: controller and contacts, categories, purposes,
 * recipients, channels, periods and wording. The schema is `data/notice.schema.json`.
 */
export interface PrivacyNotice {
  readonly policy: {
    readonly service: string;
    /** Day of the notice, `YYYY-MM-DD`. */
    readonly updated: string;
    readonly controller: string;
    /** Address at which rights are exercised. */
    readonly dpo: string;
    /** Supervisory authority. */
    readonly authority: string;
  };
  readonly categories: readonly NoticeCategory[];
  readonly purposes: readonly (Bilingual<NoticeEntry> & { readonly basis: string })[];
  readonly recipients: readonly NoticeEntry[];
  readonly channels: readonly Bilingual<NoticeEntry>[];
  readonly retention: Statement;
  /** The longest periods that the notice states, in months. */
  readonly periods?:
    | {
        readonly retentionMonths?: number | undefined;
        readonly journalMonths?: number | undefined;
        readonly requestMonths?: number | undefined;
      }
    | undefined;
  readonly transfers: Statement;
  readonly security: readonly NoticeEntry[];
  readonly rights: readonly (Bilingual<NoticeEntry> & { readonly article: string })[];
  /** What the notice should say and does not yet. */
  readonly gaps?: readonly (LocalisedText & { readonly id: string })[] | undefined;
}

/** The privacy policy of OCS of 7 July 2021: the default, and an example. */
export const OCS_NOTICE: PrivacyNotice = ocs;

/** The channels that a notice addresses. */
export const channelsOf = ({ channels }: PrivacyNotice): ReadonlySet<string> =>
  new Set(channels.map(({ id }) => id));

/** Whether a value has the part of a notice that the recording of evidence depends on. */
export const hasChannels = (value: unknown): value is PrivacyNotice => {
  const { channels } = (value ?? {}) as { readonly channels?: unknown };
  return (
    Array.isArray(channels) &&
    channels.every(channel => typeof (channel as { id?: unknown } | null)?.id === 'string')
  );
};
