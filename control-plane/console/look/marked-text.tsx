// A text whose findings can be asked about: each is a button that explains itself when it is focused, hovered or
// clicked. Escape closes the explanation; its twin in a text beside it is shown too.

import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from 'react';
import './marked-text.css';

export interface Mark {
  readonly start: number;
  readonly end: number;
  /** Green for the user's own values, blue for what stands for them, a line for what was left as it is. */
  readonly look: 'value' | 'surrogate' | 'left';
  /** The finding that it belongs to: the same in every text. */
  readonly of: number;
}

export interface MarkedTextProps {
  readonly text: string;
  /** Apart from each other, in order. */
  readonly marks: readonly Mark[];
  readonly explain: (of: number) => ReactNode;
  /** The finding that is asked about in this text or in one beside it. */
  readonly asked: number | undefined;
  readonly onAsk: (of: number | undefined) => void;
  readonly code?: boolean;
}

const WIDTH_PX = 300;
/** Long enough to bring the pointer from the mark to its explanation. */
const LEAVING_MS = 250;

export function MarkedText({ text, marks, explain, asked, onAsk, code = false }: MarkedTextProps) {
  const place = useRef<HTMLDivElement>(null);
  const leaving = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [open, setOpen] = useState<{ readonly index: number; readonly top: number; readonly left: number }>();
  const tipId = useId();
  const show = (index: number, button: HTMLElement) => {
    clearTimeout(leaving.current);
    const width = place.current?.clientWidth ?? WIDTH_PX;
    const left = Math.max(0, Math.min(button.offsetLeft, width - WIDTH_PX));
    setOpen({ index, top: button.offsetTop + button.offsetHeight + 4, left });
    onAsk(marks[index]?.of);
  };
  const hide = () => {
    clearTimeout(leaving.current);
    setOpen(undefined);
    onAsk(undefined);
  };
  const leave = () => {
    clearTimeout(leaving.current);
    leaving.current = setTimeout(hide, LEAVING_MS);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') hide();
  };
  const shown = open === undefined ? undefined : marks[open.index];
  return (
    <div ref={place} className="marked-text">
      <div className={code ? 'mono text' : 'text'}>
        {marks.map((mark, index) => (
          <span key={`${mark.start}-${mark.end}`}>
            {text.slice(marks[index - 1]?.end ?? 0, mark.start)}
            <button
              type="button"
              className={`finding ${mark.look}${asked === mark.of ? ' asked' : ''}`}
              aria-describedby={open?.index === index ? tipId : undefined}
              onFocus={(event) => show(index, event.currentTarget)}
              onBlur={hide}
              onClick={(event) => show(index, event.currentTarget)}
              onMouseEnter={(event) => show(index, event.currentTarget)}
              onMouseLeave={leave}
              onKeyDown={onKeyDown}
            >
              {text.slice(mark.start, mark.end)}
            </button>
          </span>
        ))}
        {text.slice(marks.at(-1)?.end ?? 0)}
      </div>
      {open === undefined || shown === undefined ? null : (
        <div
          className="explanation"
          role="tooltip"
          id={tipId}
          style={{ top: open.top, left: open.left }}
          onMouseEnter={() => clearTimeout(leaving.current)}
          onMouseLeave={leave}
        >
          {explain(shown.of)}
        </div>
      )}
    </div>
  );
}
