// The ready-made tabs: documents in tabs/NAME.graphql, their variables and headers in tabs/NAME.json. A Go test (web/tabs_test.go)
// holds them to the schema and to the example contact centre.
import adminDocument from './tabs/admin.graphql?raw';
import admin from './tabs/admin.json';
import agentDocument from './tabs/agent.graphql?raw';
import agent from './tabs/agent.json';
import integratorDocument from './tabs/integrator.graphql?raw';
import integrator from './tabs/integrator.json';
import watchDocument from './tabs/watch.graphql?raw';
import watch from './tabs/watch.json';

const pretty = (value) => JSON.stringify(value, null, 2);

const example = (name, document, { variables, headers }) => ({
  name,
  query: document.trim(),
  variables: pretty(variables),
  headers: pretty(headers),
});

/**
 * The ready-made tabs. Where the token says who acts, the tab Agent names nobody: an agentId that is empty is filled in by fetcher.js.
 */
export const examplesFor = (developmentMode) => [
  example('Watch', watchDocument, watch),
  example('Agent', agentDocument, developmentMode ? agent : { headers: {}, variables: { ...agent.variables, agentId: '' } }),
  example('Integrator', integratorDocument, integrator),
  example('Admin', adminDocument, admin),
];

/**
 * Gives a newcomer the ready-made tabs, the first one in front; whoever has tabs already keeps them. They go into GraphiQL's own
 * storage rather than into its property defaultTabs, with which it shows the first tab without variables and headers. Headers go in only
 * where GraphiQL stores them: it would take the first tab for another one.
 */
export function seedTabs(storage, developmentMode) {
  if (storage.getItem('graphiql:tabState')) return;
  const tabs = examplesFor(developmentMode).map(({ name, query, variables, headers }) => ({
    id: crypto.randomUUID(),
    title: name,
    hash: null,
    query,
    variables,
    headers: developmentMode ? headers : null,
    operationName: null,
    response: null,
  }));
  storage.setItem('graphiql:tabState', JSON.stringify({ tabs, activeTabIndex: 0 }));
  for (const editor of developmentMode ? ['query', 'variables', 'headers'] : ['query', 'variables']) {
    storage.setItem(`graphiql:${editor}`, tabs[0][editor]);
  }
}
