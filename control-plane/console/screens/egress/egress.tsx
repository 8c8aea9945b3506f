// What left the company, month by month: every call to an outside service with its grounds, out of the records; and in a
// month without one, that sentence. The month stands in the address.

import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { logSearchQuery } from '../../data/log-search.ts';
import { useSession } from '../../data/session.ts';
import { Answer } from '../../look/answer.tsx';
import { Field } from '../../look/field.tsx';
import { useLanguage, useWords } from '../../look/language.tsx';
import { Mark } from '../../look/mark.tsx';
import { Panel, Screen } from '../../look/screen.tsx';
import { BeforeTheFirst } from '../log/log.tsx';
import { RecordList } from '../log/record-list.tsx';
import { monthsBack, spanOf } from './months.ts';
import { EGRESS_WORDS } from './words.ts';

export function Egress() {
  const { needsPurpose } = useSession();
  return needsPurpose ? <BeforeTheFirst /> : <Month />;
}

function Month() {
  const words = useWords(EGRESS_WORDS);
  const { language } = useLanguage();
  const route = getRouteApi('/egress');
  const navigate = route.useNavigate();
  const months = monthsBack(new Date());
  const { month = months[0] ?? '' } = route.useSearch();
  const query = useInfiniteQuery(logSearchQuery({ outside: '*', ...spanOf(month) }));
  const found = query.data?.pages.reduce((sum, { records }) => sum + records.length, 0);
  const named = nameOf(month, language);
  const title = found === undefined ? words.title : words.count(found, query.hasNextPage, named);
  return (
    <Screen title={title} lead={words.lead}>
      <div className="narrow">
        <Field label={words.month}>
          {(ids) => (
            <select
              {...ids}
              value={month}
              onChange={({ target }) => void navigate({ search: { month: target.value } })}
            >
              {months.map((each) => (
                <option key={each} value={each}>
                  {nameOf(each, language)}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      <Answer query={query}>
        {({ pages }) =>
          found === 0 && !query.hasNextPage ? (
            <Panel>
              <p>
                <Mark kind="ready" /> {words.nothing(named)}
              </p>
              <p className="soft">{words.why}</p>
            </Panel>
          ) : (
            <RecordList
              pages={pages}
              isFiltered
              hasMore={query.hasNextPage}
              isFetching={query.isFetchingNextPage}
              onMore={() => void query.fetchNextPage()}
            />
          )
        }
      </Answer>
    </Screen>
  );
}

function nameOf(month: string, language: 'en' | 'fr'): string {
  const options = { month: 'long', year: 'numeric', timeZone: 'UTC' } as const;
  return new Date(`${month}-01T00:00:00Z`).toLocaleDateString(language === 'fr' ? 'fr-FR' : 'en-GB', options);
}
