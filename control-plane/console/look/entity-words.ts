// What detectors find and what a policy makes of it, in words for people.

import type { PresentedSpan } from '../../admin/redaction/explained-span.ts';
import type { Catalogue } from './language.tsx';

type Entity = PresentedSpan['type'];
type Action = PresentedSpan['action'];

interface EntityWords {
  readonly entities: Readonly<Record<Entity, string>>;
  readonly actions: Readonly<Record<Action, string>>;
  /** What becomes of the value on its way to the model, and of its stand-in on the way back. */
  readonly toModel: Readonly<Record<Action, string>>;
  readonly toCaller: Readonly<Record<Action, string>>;
}

export const ENTITY_WORDS: Catalogue<EntityWords> = {
  en: {
    entities: {
      PERSON: 'Person',
      LOCATION: 'Place',
      ORGANIZATION: 'Organisation',
      ADDRESS: 'Postal address',
      DATE_OF_BIRTH: 'Date of birth',
      EMAIL: 'E-mail address',
      PHONE: 'Phone number',
      IBAN: 'Bank account (IBAN)',
      CARD: 'Payment card',
      IP: 'IP address',
      URL: 'Web address',
      SECRET: 'Password or key',
      PLATE: 'Number plate',
      FR_NIR: 'French social security number (NIR)',
      FR_SIREN: 'French company number (SIREN)',
      FR_SIRET: 'French site number (SIRET)',
      FR_VAT: 'French VAT number',
      FR_TAX: 'French tax number',
      FR_RPPS: 'French health professional (RPPS)',
      SURROGATE: 'Text that looks like a surrogate',
    },
    actions: { allow: 'allow', pseudonymise: 'surrogate', mask: 'mask', block: 'block' },
    toModel: {
      allow: 'goes as it is',
      pseudonymise: 'a surrogate goes',
      mask: 'only its kind goes',
      block: 'the request is refused',
    },
    toCaller: {
      allow: 'comes back as it is',
      pseudonymise: 'the value is put back',
      mask: 'never comes back',
      block: 'nothing comes back',
    },
  },
  fr: {
    entities: {
      PERSON: 'Personne',
      LOCATION: 'Lieu',
      ORGANIZATION: 'Organisation',
      ADDRESS: 'Adresse postale',
      DATE_OF_BIRTH: 'Date de naissance',
      EMAIL: 'Adresse électronique',
      PHONE: 'Numéro de téléphone',
      IBAN: 'Compte bancaire (IBAN)',
      CARD: 'Carte de paiement',
      IP: 'Adresse IP',
      URL: 'Adresse web',
      SECRET: 'Mot de passe ou clé',
      PLATE: 'Plaque d’immatriculation',
      FR_NIR: 'Numéro de sécurité sociale (NIR)',
      FR_SIREN: 'Numéro SIREN',
      FR_SIRET: 'Numéro SIRET',
      FR_VAT: 'Numéro de TVA',
      FR_TAX: 'Numéro fiscal',
      FR_RPPS: 'Professionnel de santé (RPPS)',
      SURROGATE: 'Texte qui ressemble à un substitut',
    },
    actions: { allow: 'laisser', pseudonymise: 'substituer', mask: 'masquer', block: 'bloquer' },
    toModel: {
      allow: 'passe tel quel',
      pseudonymise: 'un substitut passe à sa place',
      mask: 'seule sa nature passe',
      block: 'la requête est refusée',
    },
    toCaller: {
      allow: 'revient tel quel',
      pseudonymise: 'la valeur est remise',
      mask: 'ne revient jamais',
      block: 'rien ne revient',
    },
  },
};
