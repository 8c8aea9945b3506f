// The addresses of the console. Each screen is loaded when it is first opened; its parameters are in the address, so
// that every view can be sent to somebody else.

import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import type { KeysSearch } from './data/keys.ts';
import { readLogSearch } from './data/log-search.ts';
import { isDataClass, type PlaygroundSearch } from './data/playground.ts';
import type { EffectiveSearch } from './data/policies.ts';
import { isSpan, type Span } from './data/system.ts';
import { Loading } from './look/loading.tsx';
import { Failure } from './look/notice.tsx';
import { isMonth } from './screens/egress/months.ts';
import { Shell } from './shell/shell.tsx';
import { UnknownPage } from './shell/unknown-page.tsx';

const root = createRootRoute({ component: Shell, notFoundComponent: UnknownPage });

const overview = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(() => import('./screens/overview/overview.tsx'), 'Overview'),
});

const models = createRoute({
  getParentRoute: () => root,
  path: '/models',
  component: lazyRouteComponent(() => import('./screens/models/models.tsx'), 'Models'),
});

const model = createRoute({
  getParentRoute: () => root,
  path: '/models/$namespace/$name',
  component: lazyRouteComponent(() => import('./screens/model/model.tsx'), 'Model'),
});

const deploy = createRoute({
  getParentRoute: () => root,
  path: '/deploy',
  component: lazyRouteComponent(() => import('./screens/deploy/deploy.tsx'), 'Deploy'),
});

const nodes = createRoute({
  getParentRoute: () => root,
  path: '/nodes',
  component: lazyRouteComponent(() => import('./screens/nodes/nodes.tsx'), 'Nodes'),
});

const playground = createRoute({
  getParentRoute: () => root,
  path: '/playground',
  validateSearch: (search): PlaygroundSearch => ({
    ...(typeof search['tenant'] === 'string' ? { tenant: search['tenant'] } : {}),
    ...(typeof search['model'] === 'string' ? { model: search['model'] } : {}),
    ...(isDataClass(search['class']) ? { class: search['class'] } : {}),
  }),
  component: lazyRouteComponent(() => import('./screens/playground/playground.tsx'), 'Playground'),
});

const policies = createRoute({
  getParentRoute: () => root,
  path: '/policies',
  component: lazyRouteComponent(() => import('./screens/policies/policies.tsx'), 'Policies'),
});

const policy = createRoute({
  getParentRoute: () => root,
  path: '/policies/$name',
  component: lazyRouteComponent(() => import('./screens/policy/policy.tsx'), 'Policy'),
});

const newPolicy = createRoute({
  getParentRoute: () => root,
  path: '/new-policy',
  component: lazyRouteComponent(() => import('./screens/policy/policy.tsx'), 'NewPolicy'),
});

const proposal = createRoute({
  getParentRoute: () => root,
  path: '/proposals/$id',
  component: lazyRouteComponent(() => import('./screens/proposal/proposal.tsx'), 'Proposal'),
});

const effective = createRoute({
  getParentRoute: () => root,
  path: '/effective-policy',
  validateSearch: (search): EffectiveSearch => ({
    ...(typeof search['tenant'] === 'string' ? { tenant: search['tenant'] } : {}),
    ...(typeof search['model'] === 'string' ? { model: search['model'] } : {}),
  }),
  component: lazyRouteComponent(() => import('./screens/effective/effective.tsx'), 'Effective'),
});

const tenants = createRoute({
  getParentRoute: () => root,
  path: '/tenants',
  component: lazyRouteComponent(() => import('./screens/tenants/tenants.tsx'), 'Tenants'),
});

const tenant = createRoute({
  getParentRoute: () => root,
  path: '/tenants/$name',
  component: lazyRouteComponent(() => import('./screens/tenant/tenant.tsx'), 'Tenant'),
});

const newTenant = createRoute({
  getParentRoute: () => root,
  path: '/new-tenant',
  component: lazyRouteComponent(() => import('./screens/tenant/tenant.tsx'), 'NewTenant'),
});

const keys = createRoute({
  getParentRoute: () => root,
  path: '/keys',
  validateSearch: (search): KeysSearch => (typeof search['tenant'] === 'string' ? { tenant: search['tenant'] } : {}),
  component: lazyRouteComponent(() => import('./screens/keys/keys.tsx'), 'Keys'),
});

const accounts = createRoute({
  getParentRoute: () => root,
  path: '/accounts',
  component: lazyRouteComponent(() => import('./screens/accounts/accounts.tsx'), 'Accounts'),
});

const tokens = createRoute({
  getParentRoute: () => root,
  path: '/tokens',
  component: lazyRouteComponent(() => import('./screens/tokens/tokens.tsx'), 'Tokens'),
});

const usage = createRoute({
  getParentRoute: () => root,
  path: '/usage',
  validateSearch: (search): { hours?: Span } => (isSpan(search['hours']) ? { hours: search['hours'] } : {}),
  component: lazyRouteComponent(() => import('./screens/usage/usage.tsx'), 'Usage'),
});

const system = createRoute({
  getParentRoute: () => root,
  path: '/system',
  component: lazyRouteComponent(() => import('./screens/system/system.tsx'), 'System'),
});

const log = createRoute({
  getParentRoute: () => root,
  path: '/records',
  validateSearch: readLogSearch,
  component: lazyRouteComponent(() => import('./screens/log/log.tsx'), 'Log'),
});

const logHealth = createRoute({
  getParentRoute: () => root,
  path: '/log-health',
  component: lazyRouteComponent(() => import('./screens/log-health/log-health.tsx'), 'LogHealth'),
});

const egress = createRoute({
  getParentRoute: () => root,
  path: '/egress',
  validateSearch: (search): { month?: string } => (isMonth(search['month']) ? { month: search['month'] } : {}),
  component: lazyRouteComponent(() => import('./screens/egress/egress.tsx'), 'Egress'),
});

const record = createRoute({
  getParentRoute: () => root,
  path: '/records/$receipt',
  component: lazyRouteComponent(() => import('./screens/record/record.tsx'), 'Record'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    overview,
    models,
    model,
    deploy,
    nodes,
    playground,
    policies,
    policy,
    newPolicy,
    proposal,
    effective,
    tenants,
    tenant,
    newTenant,
    keys,
    accounts,
    tokens,
    usage,
    system,
    log,
    logHealth,
    egress,
    record,
  ]),
  defaultPreload: 'intent',
  defaultPendingComponent: Loading,
  defaultErrorComponent: ({ error, reset }) => <Failure error={error} retry={reset} />,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
