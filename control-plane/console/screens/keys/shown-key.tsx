// A key that was just made: the only time that anybody sees it, with the line that uses it.

import type { PresentedNewKey } from '../../data/keys.ts';
import { CopyButton } from '../../look/copy-button.tsx';
import { useWords } from '../../look/language.tsx';
import { Notice } from '../../look/notice.tsx';
import { SHARED_WORDS } from '../../look/words.ts';
import { KEYS_WORDS } from './words.ts';

export function ShownKey({ made, onClose }: { readonly made: PresentedNewKey; readonly onClose: () => void }) {
  const words = useWords(KEYS_WORDS);
  const shared = useWords(SHARED_WORDS);
  return (
    <Notice
      urgency="good"
      title={words.shown(made.name)}
      action={
        <button type="button" onClick={onClose}>
          {shared.close}
        </button>
      }
    >
      <p>{words.shownLead}</p>
      <p className="row">
        <code className="shown-key">{made.key}</code>
        <CopyButton text={made.key} label={words.copyKey} />
      </p>
    </Notice>
  );
}
