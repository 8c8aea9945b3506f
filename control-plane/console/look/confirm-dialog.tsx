// Asks before something that cannot be taken back, or that others will notice. The button says what will happen.

import { type ReactNode, useState } from 'react';
import { Dialog } from './dialog.tsx';
import { useWords } from './language.tsx';
import { Failure } from './notice.tsx';
import { SHARED_WORDS } from './words.ts';

export interface ConfirmDialogProps {
  readonly title: string;
  /** On the button: the action and what it is done to. */
  readonly confirm: string;
  readonly danger?: boolean;
  readonly onConfirm: () => Promise<unknown>;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function ConfirmDialog({ title, confirm, danger = false, onConfirm, onClose, children }: ConfirmDialogProps) {
  const words = useWords(SHARED_WORDS);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const run = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await onConfirm();
      onClose();
    } catch (thrown) {
      setError(thrown);
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {error === undefined ? null : <Failure error={error} />}
      <div className="row">
        <button type="button" onClick={onClose}>
          {words.cancel}
        </button>
        <button type="button" className={danger ? 'danger' : 'main'} disabled={busy} onClick={() => void run()}>
          {confirm}
        </button>
      </div>
    </Dialog>
  );
}
