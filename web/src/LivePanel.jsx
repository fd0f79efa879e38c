// What stands below the answer: the ids in it, and the live subscriptions of all tabs.
import { memo, useEffect, useRef, useState } from 'react';
import { compact } from './compact.js';
import { lastAnswer } from './fetcher.js';
import { idsIn, splitAtIds, useTab, variableFor } from './ids.jsx';
import { live, MAX_MESSAGES, remove, start, stop } from './live.js';
import { useStore } from './store.js';

/** How many ids of an answer are offered. */
const MAX_IDS = 6;

const STATES = { connecting: 'connecting', live: 'live', lost: 'connection lost', ended: 'ended' };

const clock = (at) => at.toLocaleTimeString([], { hour12: false });

function Id({ id, tab, say, children }) {
  return (
    <button type="button" className="rapport-id" title={`Put it into the variables as ${variableFor(id)}`} onClick={() => say(tab.take(id))}>
      {children ?? id}
    </button>
  );
}

function AnswerIds({ tab, say }) {
  const answer = useStore(lastAnswer);
  const ids = idsIn(JSON.stringify(answer) ?? '').filter((id) => /^(of|wi)_/.test(id) && tab.wants(id) && !tab.has(id));
  if (ids.length === 0) return null;
  return (
    <p className="rapport-answer-ids">
      Use from the answer:{' '}
      {ids.slice(0, MAX_IDS).map((id) => (
        <Id key={id} id={id} tab={tab} say={say}>
          {variableFor(id)} = {id.slice(0, 3)}…{id.slice(-6)}
        </Id>
      ))}
    </p>
  );
}

/** A message without what every message of its subscription has: a subscription has exactly one root field. */
function content({ data, errors }) {
  const fields = Object.values(data ?? {});
  return errors || fields.length !== 1 ? { data, errors } : fields[0];
}

/** Drawn once: a message never changes, and there are many. */
const Entry = memo(function Entry({ entry, tab, say }) {
  const text = entry.kind === 'event' ? entry.value : compact(content(entry.value));
  return (
    <li className={`rapport-${entry.kind}`}>
      <time dateTime={entry.at.toISOString()}>{clock(entry.at)}</time>
      <pre>{splitAtIds(text).map((part, i) => (i % 2 ? <Id key={i} id={part} tab={tab} say={say} /> : part))}</pre>
    </li>
  );
});

/** Holds a log that runs by, as it is now, or lets it go on. */
function Hold({ log, held, hold }) {
  const last = held?.[0]?.number ?? 0;
  const count = log.filter(({ number }) => number > last).length; // the log has the last MAX_MESSAGES only
  return (
    <button type="button" aria-pressed={held !== null} title="Stand still, to be read" onClick={() => hold(held ? null : log)}>
      {held ? `Go on (${count === MAX_MESSAGES ? 'many' : count} new)` : 'Hold'}
    </button>
  );
}

function Subscription({ subscription: s, tab, say }) {
  const over = s.state === 'ended';
  const [held, hold] = useState(null);
  const place = useRef(null);
  useEffect(() => {
    place.current.closest('.graphiql-footer').scrollTop = 0; // somebody has just started it, and may have read further down
  }, []);
  return (
    <section ref={place} className="rapport-subscription" aria-label={`${s.name} as ${s.as}`}>
      <header>
        <span className={`rapport-state rapport-state-${s.state}`} role="status">
          {STATES[s.state]}
          {s.state === 'lost' && s.tries > 1 ? `, try ${s.tries}` : ''}
        </span>
        <strong>{s.name}</strong>
        <span className="rapport-actor" title={s.as}>
          as {s.as.startsWith('ag_') ? `${s.as.slice(0, 3)}…${s.as.slice(-6)}` : s.as}
        </span>
        {(held || !over) && <Hold log={s.log} held={held} hold={hold} />}
        {over && (
          <button type="button" onClick={() => start(s.request, s.name, s.actor, s.resumes)}>
            Start again
          </button>
        )}
        <button type="button" onClick={() => (over ? remove(s.key) : stop(s.key))}>
          {over ? 'Remove' : 'Stop'}
        </button>
      </header>
      <ol reversed>
        {(held ?? s.log).map((entry) => (
          <Entry key={entry.number} entry={entry} tab={tab} say={say} />
        ))}
      </ol>
    </section>
  );
}

export function LivePanel() {
  const tab = useTab();
  const subscriptions = useStore(live);
  const [said, say] = useState('');
  return (
    <div className="rapport-live">
      <AnswerIds tab={tab} say={say} />
      <h2>
        Live subscriptions{' '}
        <span className="rapport-said" role="status">
          {said}
        </span>
      </h2>
      {subscriptions.length === 0 && <p>None yet. One that you run stays here, whichever tab you are in, until you stop it.</p>}
      {subscriptions.map((s) => (
        <Subscription key={s.number} subscription={s} tab={tab} say={say} />
      ))}
    </div>
  );
}
