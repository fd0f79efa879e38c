import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { GraphiQL } from 'graphiql';
import { useEffect, useState } from 'react';
import { createPortal } from 'react-dom';
import { access } from './access.js';
import { NotAllowed, Who } from './Who.jsx';
import { examplesFor, seedTabs } from './examples.js';
import { fetcher } from './fetcher.js';
import { LivePanel } from './LivePanel.jsx';
import { useStore } from './store.js';

/** Opens a ready-made tab as it was, in a new tab: nobody's edits are lost. */
function Examples({ examples }) {
  const actions = useGraphiQLActions();
  const editors = useGraphiQL((state) => ({
    queryEditor: state.queryEditor,
    variableEditor: state.variableEditor,
    headerEditor: state.headerEditor,
  }));
  const open = ({ query, variables, headers }) => {
    actions.addTab();
    editors.queryEditor?.setValue(query);
    editors.variableEditor?.setValue(variables);
    editors.headerEditor?.setValue(headers);
    actions.updateActiveTabValues({ query, variables, headers, operationName: null });
  };
  return (
    <nav aria-label="Examples">
      <span>Examples:</span>
      {examples.map((example) => (
        <button key={example.name} type="button" title={`Open the tab ${example.name} again`} onClick={() => open(example)}>
          {example.name}
        </button>
      ))}
    </nav>
  );
}

/** The editors, for somebody: GraphiQL stores headers in development mode only, where they hold no secrets. */
function Editors({ developmentMode }) {
  useState(() => seedTabs(localStorage, developmentMode)); // before GraphiQL reads them
  return (
    <GraphiQL
      fetcher={fetcher}
      shouldPersistHeaders={developmentMode}
      defaultEditorToolsVisibility
      inputValueDeprecation
      schemaDescription
    >
      <GraphiQL.Logo>
        <span />
      </GraphiQL.Logo>
      <GraphiQL.Footer>
        <NotAllowed />
        <LivePanel />
      </GraphiQL.Footer>
      <ExamplesInBar examples={examplesFor(developmentMode)} />
      <Wrapping />
    </GraphiQL>
  );
}

export function Console() {
  const { who } = useStore(access);
  return (
    <>
      <header className={who?.developmentMode ? 'rapport-bar' : 'rapport-bar rapport-bar-production'}>
        <h1>Rapport</h1>
        <Who />
        <div id="rapport-examples" />
      </header>
      <main>{who && <Editors key={who.principal} developmentMode={who.developmentMode} />}</main>
    </>
  );
}

/** Long lines are wrapped rather than cut: the ready-made tabs say in comments what to do, and ids are long. */
function Wrapping() {
  const editors = useGraphiQL((state) => [state.queryEditor, state.variableEditor, state.headerEditor]);
  useEffect(() => {
    for (const editor of editors) editor?.updateOptions({ wordWrap: 'on' });
  }, [editors]);
  return null;
}

/** The menu stands in the bar, but works on GraphiQL's editors, which only what is inside it may reach. */
function ExamplesInBar({ examples }) {
  return createPortal(<Examples examples={examples} />, document.getElementById('rapport-examples'));
}
