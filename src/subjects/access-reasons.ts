/** Names the reasons why a person's data are read or changed. */

/**
 * Reason why a person's data are read or changed. The list is closed, because free text could
 * contain personal data.
 */
export type AccessReason = (typeof ACCESS_REASONS)[number];
/** All reasons for which a person's data may be read or changed. */
export const ACCESS_REASONS = [
  'support-call',
  'access-request',
  'portability-request',
  'rectification-request',
  'objection',
  'restriction-request',
  'erasure-request',
  'directive',
  'residence-verification',
  'contract',
  'abuse-inquiry',
  'legal-claim',
  'authority-order',
  'audit',
] as const;
