// The console: what admins, officers and auditors work in. A React application that this listener serves itself; it
// asks /api/v1 for everything and holds nothing of its own. Screens are in screens/, one folder each, with their words
// beside them; look/ is the house style, data/ how the API is asked. May import: types of other rooms, nothing else.

import './look/fonts.css';
import './look/tokens.css';
import './look/base.css';
import './look/controls.css';
import './look/tables.css';
import './shell/shell.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queryClient } from './data/query-client.ts';
import { LanguageProvider } from './look/language.tsx';
import { router } from './router.tsx';

const place = document.getElementById('console');
if (place === null) throw new Error('the page has no place for the console');
createRoot(place).render(
  <StrictMode>
    <LanguageProvider>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </LanguageProvider>
  </StrictMode>,
);
