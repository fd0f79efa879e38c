import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { GraphiQL } from 'graphiql';
import { useEffect } from 'react';
import { createPortal } from 'react-dom';
import { examples } from './examples.js';
import { fetcher } from './fetcher.js';
import { LivePanel } from './LivePanel.jsx';

/** Opens a ready-made tab as it was, in a new tab: nobody's edits are lost. */
function Examples() {
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

export function Console() {
  return (
    <>
      <header className="rapport-bar">
        <h1>Rapport</h1>
        <p role="note">Development mode: everybody who reaches this address may do everything.</p>
        <div id="rapport-examples" />
      </header>
      <main>
        <GraphiQL fetcher={fetcher} shouldPersistHeaders defaultEditorToolsVisibility inputValueDeprecation schemaDescription>
          <GraphiQL.Logo>
            <span />
          </GraphiQL.Logo>
          <GraphiQL.Footer>
            <LivePanel />
          </GraphiQL.Footer>
          <ExamplesInBar />
          <Wrapping />
        </GraphiQL>
      </main>
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
function ExamplesInBar() {
  return createPortal(<Examples />, document.getElementById('rapport-examples'));
}
