// The admin listener: the console's page and /api/v1 for people and for the CLI. This is its whole HTTP surface, top
// to bottom in the order that a request meets it. Each feature is a folder beside this file with its routes and its
// port; what stands behind the ports is handed in, so that this room does no database work of its own.
// May import: operator/api, policy, errors, the gateway's key format; types of audit, secrets and resources.

import express, { type Express } from 'express';
import type { Logger } from 'pino';
import type { ProposalRows } from '../resources/proposal-rows.ts';
import type { AdminAudit } from './admin-audit.ts';
import { type ConsoleFiles, mountConsoleAssets, mountConsolePage } from './console/serve-console.ts';
import type { ChangeFeed } from './events/change-feed.ts';
import { eventRoutes } from './events/routes.ts';
import { createRequestCounts } from './health/metrics.ts';
import { type HealthDependencies, mountHealth } from './health/routes.ts';
import { mountRoutes, type RouteGuards } from './http/mount-routes.ts';
import { problemHandler, unknownRoute } from './http/problem.ts';
import { refuseAmbiguousHead } from './http/refuse-bad-head.ts';
import { requestContext } from './http/request-context.ts';
import type { Route } from './http/route.ts';
import { noStore, onlyTlsFromNowOn, refuseForeignHosts, securityHeaders } from './http/security-headers.ts';
import { Idempotency, type IdempotencyRows } from './idempotency/idempotency.ts';
import { createAccessTokens, type TokenStore } from './identity/access-tokens.ts';
import { accountRoutes } from './identity/account-routes.ts';
import { createAccountService } from './identity/account-service.ts';
import { type AccountStore, toPrincipal } from './identity/account-store.ts';
import type { PasswordDirectory } from './identity/directory-accounts.ts';
import { createForgeryGuard, type ForgeryGuard, type SessionSecret } from './identity/forgery.ts';
import type { GroupRoles } from './identity/group-roles.ts';
import { createIdentity, type Identity, principalOf } from './identity/identity.ts';
import type { LocalToken } from './identity/local-token.ts';
import type { OidcSignIn } from './identity/oidc-sign-in.ts';
import { actionsOf, authorise } from './identity/roles.ts';
import { sessionRoutes } from './identity/session-routes.ts';
import { createSignInLimit } from './identity/sign-in-limit.ts';
import type { WebSessionRows } from './identity/web-session-store.ts';
import type { KeyService } from './keys/key-service.ts';
import { keyRoutes } from './keys/routes.ts';
import { type LogHealthSource, logHealthRoutes } from './log/health-routes.ts';
import { type BundleSource, logRoutes } from './log/routes.ts';
import { readPurpose } from './log/search-purpose.ts';
import { type LogSearcher, searchRoutes } from './log/search-routes.ts';
import { type EngineLogReader, engineLogRoutes } from './models/engine-log-routes.ts';
import { modelRoutes } from './models/routes.ts';
import { type NodeSource, nodeRoutes } from './nodes/routes.ts';
import { mountAssets } from './pages/assets.ts';
import { mountPasswordPage } from './pages/password.ts';
import { endSession, mountSignIn, recordSession, SIGN_IN_PATH } from './pages/sign-in.ts';
import { type AskModel, playgroundRoutes } from './playground/routes.ts';
import { policyStatusReader } from './policies/policies-in-force.ts';
import { type PolicyRouteDependencies, policyRoutes } from './policies/routes.ts';
import { guardedResources } from './proposals/guarded-resources.ts';
import { createProposalService } from './proposals/proposal-service.ts';
import { proposalRoutes } from './proposals/routes.ts';
import { createRefusalRecorder } from './records/record-refusal.ts';
import type { RecordReader } from './records/records.ts';
import { recordRoutes } from './records/routes.ts';
import { type PreviewRedaction, redactionRoutes } from './redaction/routes.ts';
import { openApiRoute } from './reference/openapi.ts';
import { type Planner, planRoutes } from './resources/plan-routes.ts';
import { type ResourcePort, resourceRoutes } from './resources/routes.ts';
import { type SecretService, secretRoutes } from './secrets/routes.ts';
import { type SystemSource, systemRoutes } from './system/routes.ts';
import { type UsageSource, usageRoutes } from './usage/routes.ts';

export interface AdminDependencies {
  readonly version: string;
  readonly log: Logger;
  /** Host names other than loopback that browsers may use for this listener. */
  readonly publicHosts?: () => readonly string[];
  /** Plain HTTP comes from a proxy that speaks TLS: its X-Forwarded-Proto is believed. */
  readonly behindProxy?: boolean;
  readonly health: Omit<HealthDependencies, 'version'>;
  readonly accounts: AccountStore;
  /** Bearer tokens of accounts. */
  readonly tokens: TokenStore;
  /** The company's directory and its sign-in page, where there are any, and the roles that their groups give. */
  readonly directory?: PasswordDirectory | undefined;
  readonly oidc?: OidcSignIn | undefined;
  readonly groupRoles?: GroupRoles | undefined;
  readonly sessionRows: WebSessionRows;
  /** Signs session cookies and form tokens. */
  readonly sessionSecret: SessionSecret;
  readonly localToken: LocalToken;
  readonly audit: AdminAudit;
  readonly records: RecordReader;
  readonly bundle: BundleSource;
  readonly logHealth: LogHealthSource;
  readonly logSearch: LogSearcher;
  /** Keys of requests that were sent before. */
  readonly idempotency: IdempotencyRows;
  readonly resources: ResourcePort;
  readonly proposals: ProposalRows;
  /** What each tenant asks for before a policy changes. */
  readonly tenantApprovals: PolicyRouteDependencies['tenantApprovals'];
  /** The gateways that run, with what they answer under. */
  readonly gateways: PolicyRouteDependencies['gateways'];
  readonly composePolicy: PolicyRouteDependencies['composePolicy'];
  readonly plan: Planner;
  readonly engineLogs: EngineLogReader;
  readonly nodes: NodeSource;
  readonly usage: UsageSource;
  readonly system: SystemSource;
  readonly keys: KeyService;
  readonly secrets: SecretService;
  readonly previewRedaction: PreviewRedaction;
  readonly askModel: AskModel;
  readonly changes: ChangeFeed;
  /** Absent where the listener lives for one command and nobody opens it in a browser. */
  readonly console?: ConsoleFiles;
}

export function createAdminApp(dependencies: AdminDependencies): Express {
  const { log, audit, version } = dependencies;
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple').set('case sensitive routing', true);

  if (dependencies.behindProxy === true) app.set('trust proxy', 1);

  const counts = createRequestCounts();
  const recordRefusal = createRefusalRecorder(audit);
  app.use(requestContext(log, counts.count));
  app.use(securityHeaders());
  app.use(onlyTlsFromNowOn);
  app.use(refuseAmbiguousHead);

  // What needs nobody and no database.
  mountHealth(app, { ...dependencies.health, version }, counts);
  app.use(refuseForeignHosts(dependencies.publicHosts));
  mountAssets(app);
  if (dependencies.console !== undefined) mountConsoleAssets(app, dependencies.console);

  // Who is it, then what for.
  app.use(noStore);
  const accessTokens = createAccessTokens(dependencies);
  const identity = createIdentity({ ...dependencies, accessTokens, limit: createSignInLimit() });
  const forgery = createForgeryGuard(dependencies.sessionSecret);
  app.use(...identity.middleware);
  mountSignIn(app, { identity, forgery, audit, recordRefusal });
  const accountService = createAccountService(dependencies.accounts);
  mountPasswordPage(app, { identity, forgery, audit, accountService, recordRefusal });
  mountRoutes(app, [...apiRoutes(dependencies)], guardsOf(identity, forgery, dependencies));

  if (dependencies.console !== undefined) mountConsolePage(app, dependencies.console, SIGN_IN_PATH);
  app.use(unknownRoute);
  app.use(problemHandler(recordRefusal));
  return app;
}

/** Every route of the API; the OpenAPI document is one of them. */
export function apiRoutes(dependencies: AdminDependencies): readonly Route[] {
  const { resources, version } = dependencies;
  const routes = [
    ...sessionRoutes(),
    ...accountRoutes({
      accountService: createAccountService(dependencies.accounts),
      accessTokens: createAccessTokens(dependencies),
      changes: dependencies.changes,
    }),
    ...modelRoutes(resources),
    ...engineLogRoutes(dependencies.engineLogs, dependencies.resources),
    ...nodeRoutes(dependencies.nodes, resources),
    ...usageRoutes(dependencies.usage),
    ...systemRoutes(dependencies.system),
    ...resourceRoutes(
      guardedResources(resources, dependencies.tenantApprovals),
      policyStatusReader(dependencies.gateways),
    ),
    ...proposalRoutes(createProposalService({ ...dependencies, rows: dependencies.proposals })),
    ...planRoutes(dependencies.plan),
    ...keyRoutes(dependencies.keys),
    ...secretRoutes(dependencies.secrets),
    ...recordRoutes(dependencies),
    ...logRoutes(dependencies.bundle),
    ...logHealthRoutes(dependencies.logHealth),
    ...searchRoutes(dependencies),
    ...redactionRoutes(dependencies.previewRedaction),
    ...playgroundRoutes(dependencies.askModel),
    ...policyRoutes(dependencies),
    ...eventRoutes(dependencies.changes),
  ];
  return [...routes, openApiRoute(routes, version)];
}

function guardsOf(identity: Identity, forgery: ForgeryGuard, dependencies: AdminDependencies): RouteGuards {
  const { audit } = dependencies;
  return {
    audit,
    idempotency: new Idempotency(dependencies.idempotency),
    identify: identity.identify,
    refuseForgery: forgery.refuse,
    session: (request, response) => {
      const principal = principalOf(request);
      if (principal === undefined) return null;
      const { name, role, tenant = null, mustChangePassword } = principal;
      const formToken = forgery.issue(request, response);
      const may = actionsOf(role);
      const needsPurpose = may.includes('log.search') && readPurpose(request.session.searchPurpose) === undefined;
      return { name, role, tenant, mustChangePassword, may, needsPurpose, formToken };
    },
    checkPassword: async (request, response) => {
      const account = await identity.checkPassword(request, response);
      const principal = authorise(toPrincipal(account, 'bearer'), 'token.own');
      await recordSession(audit, principal, 'session.begin');
      return principal;
    },
    signOut: (request) => endSession(request, identity, audit),
    purpose: (request) => (principalOf(request) === undefined ? undefined : readPurpose(request.session.searchPurpose)),
    // Whoever is known by a bearer has no session, and gets none by this.
    keepPurpose: (request, purpose) => {
      if (request.headers.authorization === undefined) request.session.searchPurpose = purpose;
    },
  };
}
