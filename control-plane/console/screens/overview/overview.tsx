// What is wrong now, and nothing else above the fold: each fault with its cause, its remedy and the way there.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { causeOf, modelsQuery, type PresentedModel, stateOf } from '../../data/models.ts';
import { Answer } from '../../look/answer.tsx';
import { useWords } from '../../look/language.tsx';
import { Notice } from '../../look/notice.tsx';
import { Screen } from '../../look/screen.tsx';
import { ModelTable, NoModels } from '../models/models.tsx';
import { OVERVIEW_WORDS } from './words.ts';

export function Overview() {
  const words = useWords(OVERVIEW_WORDS);
  const query = useQuery(modelsQuery);
  const failed = (query.data ?? []).filter((model) => stateOf(model) === 'failed');
  return (
    <Screen title={words.title(failed.length)}>
      <Answer query={query}>
        {(models) => (
          <>
            {failed.map((model) => (
              <FailedModel key={`${model.namespace}/${model.name}`} model={model} />
            ))}
            {models.length === 0 ? <NoModels /> : <ModelTable models={models} />}
          </>
        )}
      </Answer>
    </Screen>
  );
}

function FailedModel({ model }: { readonly model: PresentedModel }) {
  const words = useWords(OVERVIEW_WORDS);
  const cause = causeOf(model);
  return (
    <Notice
      urgency="failure"
      title={words.notReady(model.name)}
      action={
        <Link className="button" to="/models/$namespace/$name" params={model}>
          {words.seeCause}
        </Link>
      }
    >
      {cause?.message} {cause?.remedy}
    </Notice>
  );
}
