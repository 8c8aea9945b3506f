// What is the log searched for? Said once a session; it goes on the record, and so does every search under it.

import { useState } from 'react';
import { type SearchPurpose, sayPurpose } from '../../data/log-search.ts';
import { ConfirmDialog } from '../../look/confirm-dialog.tsx';
import { Field } from '../../look/field.tsx';
import { useWords } from '../../look/language.tsx';
import { LOG_WORDS } from './words.ts';

export interface PurposeDialogProps {
  readonly onSaid: () => Promise<unknown>;
  readonly onClose: () => void;
}

export function PurposeDialog({ onSaid, onClose }: PurposeDialogProps) {
  const words = useWords(LOG_WORDS);
  const [kind, setKind] = useState<SearchPurpose['kind']>('control');
  const [reference, setReference] = useState('');
  const say = async () => {
    const given = reference.trim();
    await sayPurpose(given === '' ? { kind } : { kind, reference: given });
    await onSaid();
  };
  return (
    <ConfirmDialog title={words.purposeTitle} confirm={words.purposeConfirm} onConfirm={say} onClose={onClose}>
      <div className="stack">
        <p className="soft">{words.purposeLead}</p>
        <fieldset className="choices">
          <legend>{words.purpose}</legend>
          {(Object.keys(words.purposes) as SearchPurpose['kind'][]).map((each) => (
            <label key={each}>
              <input type="radio" name="purpose" checked={kind === each} onChange={() => setKind(each)} />
              <span>{words.purposes[each]}</span>
            </label>
          ))}
        </fieldset>
        <Field label={words.reference} hint={words.referenceHint}>
          {(ids) => (
            <input {...ids} maxLength={120} value={reference} onChange={(event) => setReference(event.target.value)} />
          )}
        </Field>
      </div>
    </ConfirmDialog>
  );
}
