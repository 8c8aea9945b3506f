// JSON as people read it: breaks and indentation are put between its tokens, nothing else is touched, and places in the
// text are carried over. What is no JSON stays as it is.

export interface IndentedText {
  readonly text: string;
  /** Where a place of the given text stands in this one. */
  readonly placeOf: (offset: number) => number;
}

const asItIs = (text: string): IndentedText => ({ text, placeOf: (offset) => offset });

export function indentJson(text: string): IndentedText {
  if (!isJsonObject(text)) return asItIs(text);
  const places: number[] = [];
  let indented = '';
  let depth = 0;
  let inString = false;
  const breakLine = () => {
    indented = `${indented.trimEnd()}\n${'  '.repeat(depth)}`;
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (!inString && /\s/.test(character)) {
      places.push(indented.length);
      continue;
    }
    if (!inString && /[}\]]/.test(character)) {
      depth -= 1;
      if (!/[{[]$/.test(indented.trimEnd())) breakLine();
      else indented = indented.trimEnd();
    }
    places.push(indented.length);
    indented += character;
    if (inString && character === '\\') {
      at += 1;
      places.push(indented.length);
      indented += text.charAt(at);
    } else if (character === '"') inString = !inString;
    else if (inString) continue;
    else if (character === ':') indented += ' ';
    else if (/[{[]/.test(character)) {
      depth += 1;
      breakLine();
    } else if (character === ',') breakLine();
  }
  places.push(indented.length);
  return { text: indented, placeOf: (offset) => places[offset] ?? indented.length };
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}
