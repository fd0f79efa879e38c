import { useSyncExternalStore } from 'react';

/** How long watchers may be behind: a subscription's start can bring thousands of messages at once. */
const BEHIND_MS = 40;

/** A value that React components can watch, and that changes only as a whole. */
export class Store {
  #value;
  #watchers = new Set();
  #timer;

  constructor(value) {
    this.#value = value;
  }

  get = () => this.#value;

  set(value) {
    this.#value = value;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const watcher of this.#watchers) watcher();
    }, BEHIND_MS);
  }

  watch = (watcher) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };
}

export const useStore = (store) => useSyncExternalStore(store.watch, store.get);
