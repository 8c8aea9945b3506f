// The end of a key: at once, or after another one took its place.

import { useState } from 'react';
import { type PresentedKey, type PresentedNewKey, revokeKey, rotateKey } from '../../data/keys.ts';
import { ConfirmDialog } from '../../look/confirm-dialog.tsx';
import { Field } from '../../look/field.tsx';
import { useWords } from '../../look/language.tsx';
import { Time } from '../../look/time.tsx';
import { KEYS_WORDS } from './words.ts';

const HOUR_S = 3600;
const OVERLAPS_H = [0, 1, 24, 168] as const;

export interface RotateDialogProps {
  readonly of: PresentedKey;
  readonly onMade: (key: PresentedNewKey) => void;
  readonly onClose: () => void;
}

export function RotateDialog({ of, onMade, onClose }: RotateDialogProps) {
  const words = useWords(KEYS_WORDS);
  const [hours, setHours] = useState('24');
  return (
    <ConfirmDialog
      title={words.rotateTitle(of.name)}
      confirm={words.rotateNow}
      onConfirm={async () => onMade(await rotateKey(of.prefix, Number(hours) * HOUR_S))}
      onClose={onClose}
    >
      <p>{words.rotateLead}</p>
      <Field label={words.overlap}>
        {(ids) => (
          <select {...ids} value={hours} onChange={({ target }) => setHours(target.value)}>
            {OVERLAPS_H.map((each) => (
              <option key={each} value={each}>
                {words.overlaps[each]}
              </option>
            ))}
          </select>
        )}
      </Field>
    </ConfirmDialog>
  );
}

export interface RevokeDialogProps {
  readonly of: PresentedKey;
  readonly onRevoked: () => void;
  readonly onClose: () => void;
}

export function RevokeDialog({ of, onRevoked, onClose }: RevokeDialogProps) {
  const words = useWords(KEYS_WORDS);
  return (
    <ConfirmDialog
      title={words.revokeTitle(of.name)}
      confirm={words.revokeNow(of.name)}
      danger
      onConfirm={async () => {
        await revokeKey(of.prefix);
        onRevoked();
      }}
      onClose={onClose}
    >
      <p>{words.revokeLead}</p>
      <p className="soft">
        {of.lastUsedAt === null ? (
          words.neverUsed
        ) : (
          <>
            {words.columns.lastUse}: <Time at={of.lastUsedAt} seconds={false} />
          </>
        )}
      </p>
    </ConfirmDialog>
  );
}
