/** Holds the names of what options and arguments take, as `<file>`, in French. */
import type { Language } from '../../law/reasons.ts';

/** The English names, which the commands are defined with, and the French ones. */
export const PLACEHOLDERS: Readonly<Record<string, string>> = {
  action: 'opération',
  address: 'adresse',
  addresses: 'adresses',
  answer: 'réponse',
  choice: 'choix',
  code: 'code',
  command: 'commande',
  count: 'nombre',
  country: 'pays',
  day: 'date',
  days: 'jours',
  event: 'événement',
  file: 'fichier',
  folder: 'dossier',
  format: 'format',
  head: 'tête',
  host: 'hôte',
  hours: 'heures',
  id: 'identifiant',
  kind: 'genre',
  lang: 'langue',
  letters: 'lettres',
  means: 'moyens',
  month: 'mois',
  months: 'mois',
  name: 'nom',
  new: 'nouvelle',
  number: 'numéro',
  occasion: 'occasion',
  old: 'ancienne',
  options: 'options',
  origin: 'origine',
  outcome: 'issue',
  place: 'emplacement',
  port: 'port',
  prefix: 'préfixe',
  reason: 'motif',
  request: 'demande',
  right: 'droit',
  seconds: 'secondes',
  seed: 'graine',
  side: 'côté',
  standing: 'situation',
  step: 'étape',
  url: 'url',
  who: 'qui',
};

/** Returns the name of what an option or argument takes. An unknown name stays as it is. */
export const placeholder = (name: string, language: Language): string =>
  language === 'fr' ? (PLACEHOLDERS[name] ?? name) : name;

/** Returns a term of a help text with its placeholders: `--html <file>`, `--html <fichier>`. */
export const termOf = (term: string, language: Language): string =>
  term.replace(/[<[][a-z:.]+[\]>]/g, part =>
    part.replace(/[a-z]+/g, name => placeholder(name, language)),
  );
