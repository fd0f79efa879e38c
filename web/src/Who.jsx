// What the head of the page says of who one is, where one gives a token, and what a tab takes that one may not do.
import { useGraphiQL } from '@graphiql/react';
import { parse } from 'graphql';
import { useMemo } from 'react';
import { access, forget, give, lacks } from './access.js';
import { useStore } from './store.js';

/** Where a token is given. The field is emptied at once, and its form goes nowhere. */
function TokenField({ said }) {
  const submit = (event) => {
    event.preventDefault();
    const field = event.target.elements.token;
    const text = field.value;
    field.value = '';
    if (text.trim()) give(text);
  };
  return (
    <form className="rapport-token" onSubmit={submit}>
      <span role="status">{said || 'This server asks for a token.'}</span>
      <input name="token" type="password" aria-label="Token" placeholder="Token or API key" autoComplete="off" spellCheck={false} autoFocus />
      <button type="submit">Use it</button>
    </form>
  );
}

function Identity({ who: { principal, agent, roles, permissions, expiresAt } }) {
  const until = new Date(expiresAt);
  const may = permissions.length > 0 ? `You may: ${permissions.join(', ')}.` : 'You may do nothing.';
  return (
    <div className="rapport-who">
      <p role="note" title={`${may}\nThe token ends at ${until.toLocaleString()}.`}>
        <strong>{agent?.name ?? principal}</strong>
        {agent && ` (${principal})`} with {roles.length > 0 ? roles.join(', ') : 'no role'}
      </p>
      <button type="button" onClick={forget}>
        Forget the token
      </button>
    </div>
  );
}

export function Who() {
  const { state, who, said } = useStore(access);
  if (state === 'asking') return <p />;
  if (state === 'away') return <p role="note">The server does not answer. It is asked again.</p>;
  if (state === 'closed') return <TokenField said={said} />;
  if (who.developmentMode) return <p role="note">Development mode: everybody who reaches this address may do everything.</p>;
  return <Identity who={who} />;
}

/** What of a document somebody's roles do not allow: operations by what they take. */
function refusals(text, who) {
  const found = new Map();
  let document;
  try {
    document = parse(text ?? '');
  } catch {
    return { found, all: false }; // somebody is in the middle of writing
  }
  const operations = document.definitions.filter(({ kind }) => kind === 'OperationDefinition');
  let count = 0;
  for (const operation of operations) {
    const takes = lacks(who, operation, document);
    if (!takes) continue;
    count++;
    found.set(takes, [...(found.get(takes) ?? []), operation.name?.value ?? operation.operation]);
  }
  return { found, all: count === operations.length };
}

/** Says which operations of the tab in front one's roles do not allow. */
export function NotAllowed() {
  const { who } = useStore(access);
  const text = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.query);
  const { found, all } = useMemo(() => (who && !who.developmentMode ? refusals(text, who) : { found: new Map() }), [text, who]);
  if (found.size === 0) return null;
  return (
    <div className="rapport-not-allowed" role="note">
      <strong>
        {all ? 'Nothing in this tab is' : 'Some of this tab is not'} allowed to you ({who.roles.join(', ') || 'no role'}):
      </strong>
      <ul>
        {[...found].map(([takes, names]) => (
          <li key={takes}>
            {names.join(', ')}: takes {takes}
          </li>
        ))}
      </ul>
    </div>
  );
}
