// Ids in what the server says can be clicked: they go into the variables of the tab, where the next operation needs them.
import { useGraphiQL } from '@graphiql/react';
import { useMemo } from 'react';

/** The variable into which an id goes, by the id's prefix. */
const VARIABLES = { of: 'offerId', wi: 'workItemId', ct: 'contactId', ag: 'agentId', qu: 'queueId', ws: 'workstreamId', ps: 'statusId', cp: 'profileId' };
const ID = /\b(?:(?:of|wi|ct|ag|qu|ws|ps|cp)_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|ps_(?:available|busy|do_not_disturb|away|offline))\b/g;

export const variableFor = (id) => VARIABLES[id.slice(0, 2)];

export const idsIn = (text) => [...new Set(text.match(ID) ?? [])];

/** Splits a text into ids, at the odd places, and what is between them. */
export const splitAtIds = (text) => text.split(new RegExp(`(${ID.source})`, 'g'));

function parsed(text) {
  try {
    const value = JSON.parse(text || '{}');
    return value && typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch {
    return null; // somebody is in the middle of writing
  }
}

/**
 * What the tab in front needs to take an id: its document, its variables, and take(id), which copies what the tab has no use for. It is the
 * same as long as the tab is.
 */
export function useTab() {
  const { queryEditor, variableEditor, tabs, activeTabIndex } = useGraphiQL((state) => ({
    queryEditor: state.queryEditor,
    variableEditor: state.variableEditor,
    tabs: state.tabs,
    activeTabIndex: state.activeTabIndex,
  }));
  const tab = tabs[activeTabIndex];
  return useMemo(() => takerFor(tab, queryEditor, variableEditor), [tab, queryEditor, variableEditor]);
}

function takerFor(tab, queryEditor, variableEditor) {
  const wants = (id, document) => new RegExp(`\\$${variableFor(id)}\\b`).test(document ?? '');
  return {
    wants: (id) => wants(id, tab?.query),
    has: (id) => parsed(tab?.variables)?.[variableFor(id)] === id,
    take(id) {
      const variables = parsed(variableEditor?.getValue());
      if (variables && wants(id, queryEditor?.getValue())) {
        variableEditor.setValue(JSON.stringify({ ...variables, [variableFor(id)]: id }, null, 2));
        return `${variableFor(id)} is set.`;
      }
      navigator.clipboard?.writeText(id).catch(() => {}); // a browser may forbid it; the id can still be marked by hand
      return 'Copied: this tab has no variable for it.';
    },
  };
}
