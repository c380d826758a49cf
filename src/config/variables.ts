/** Names the environment variables of the configuration. */

/** The variable that names the configuration file, if no option or argument does. */
export const CONFIG_VARIABLE = 'LAISSEZ_PASSER_CONFIG';

/** The variables that override the locations of the file, by the field of `evidence`. */
export const LOCATION_VARIABLES = {
  ledger: 'LAISSEZ_PASSER_LEDGER',
  personRecords: 'LAISSEZ_PASSER_PERSON_RECORDS',
  keyring: 'LAISSEZ_PASSER_KEYRING',
  keyringKey: 'LAISSEZ_PASSER_KEYRING_KEY',
} as const;
