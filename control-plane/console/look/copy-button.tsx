// Copies a text and says that it did.

import { useState } from 'react';
import { useWords } from './language.tsx';
import { SHARED_WORDS } from './words.ts';

const SAID_MS = 2000;

export function CopyButton({ text, label }: { readonly text: string; readonly label?: string }) {
  const words = useWords(SHARED_WORDS);
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), SAID_MS);
  };
  return (
    <button type="button" onClick={() => void copy()}>
      <span aria-live="polite">{copied ? words.copied : (label ?? words.copy)}</span>
    </button>
  );
}
