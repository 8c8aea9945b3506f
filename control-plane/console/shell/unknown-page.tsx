import { Link } from '@tanstack/react-router';
import { useWords } from '../look/language.tsx';
import { Screen } from '../look/screen.tsx';
import { SHARED_WORDS } from '../look/words.ts';

export function UnknownPage() {
  const words = useWords(SHARED_WORDS);
  return (
    <Screen title={words.unknownPage} lead={words.unknownPageRemedy}>
      <p>
        <Link to="/">{words.toOverview}</Link>
      </p>
    </Screen>
  );
}
