// A secret that was just made: the only time that anybody sees it.

import type { ReactNode } from 'react';
import { CopyButton } from './copy-button.tsx';
import { useWords } from './language.tsx';
import { Notice } from './notice.tsx';
import { SHARED_WORDS } from './words.ts';

export interface ShownOnceProps {
  readonly title: string;
  readonly secret: string;
  readonly copyLabel: string;
  readonly onClose: () => void;
  readonly children?: ReactNode;
}

export function ShownOnce({ title, secret, copyLabel, onClose, children }: ShownOnceProps) {
  const shared = useWords(SHARED_WORDS);
  return (
    <Notice
      urgency="good"
      title={title}
      action={
        <button type="button" onClick={onClose}>
          {shared.close}
        </button>
      }
    >
      <p>{shared.shownOnce}</p>
      <p className="row">
        <code className="shown-once">{secret}</code>
        <CopyButton text={secret} label={copyLabel} />
      </p>
      {children}
    </Notice>
  );
}
