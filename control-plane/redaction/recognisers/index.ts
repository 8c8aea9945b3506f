// All recognisers. To add one: a file beside this one, a line here, a row in recognisers.test.ts.
import { address } from './address.ts';
import { addressEn } from './address-en.ts';
import { card } from './card.ts';
import { dateOfBirth } from './date-of-birth.ts';
import { email } from './email.ts';
import { frNir } from './fr-nir.ts';
import { frPlate } from './fr-plate.ts';
import { frRpps } from './fr-rpps.ts';
import { frSiren } from './fr-siren.ts';
import { frSiret } from './fr-siret.ts';
import { frTax } from './fr-tax.ts';
import { frVat } from './fr-vat.ts';
import { iban } from './iban.ts';
import { ip } from './ip.ts';
import { nameCues } from './name-cue.ts';
import { phone } from './phone.ts';
import type { Recogniser } from './recogniser.ts';
import { secretCue } from './secret-cue.ts';
import { secretPem } from './secret-pem.ts';
import { secretToken } from './secret-token.ts';
import { secretUrl } from './secret-url.ts';
import { surrogateLike } from './surrogate-like.ts';
import { url } from './url.ts';

export const RECOGNISERS: readonly Recogniser[] = [
  surrogateLike,
  secretPem,
  secretToken,
  secretCue,
  secretUrl,
  email,
  url,
  ip,
  iban,
  card,
  phone,
  frNir,
  frSiret,
  frSiren,
  frVat,
  frTax,
  frRpps,
  frPlate,
  dateOfBirth,
  address,
  addressEn,
  ...nameCues,
];

/** Stands in every record: raise the version whenever a recogniser finds something else than before. */
export const RECOGNISERS_LABEL = `first-layer/3 (${new Set(RECOGNISERS.map(({ name }) => name)).size} recognisers)`;
