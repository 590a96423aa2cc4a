// dialog_host.jsx: holds open dialogs outside the pages that opened them. A dialog that is closed, or whose page is
// left, while its change is under way waits unseen. If the change fails, a notice opens the dialog again, with all that
// was typed.
import { createContext, useLayoutEffect, useState, useSyncExternalStore } from "react";
import { t } from "../../text/text.js";
import { useNotice } from "../notice.jsx";

export const Dialogs = createContext(null);

function createDialogs(notify) {
  let list = []; // { id, Box, props, isLeft, isShown }, the newest last
  let count = 0;
  let isResting = false;
  const changes = new Map(); // by dialog, how many are under way
  const typed = new Map(); // by dialog, what forgets the text that is kept of it (typed.js)
  const watching = new Set();
  const set = (next) => {
    list = next;
    for (const tell of watching) tell();
  };
  const find = (id) => list.find((one) => one.id === id);
  // `isDone`: what was typed is saved or discarded.
  const drop = (id, isDone = find(id)?.isClosed) => {
    if (isDone) typed.get(id)?.();
    typed.delete(id);
    set(list.filter((one) => one.id !== id));
  };
  const update = (id, more) => set(list.map((one) => (one.id === id ? { ...one, ...more } : one)));

  function reveal(id) {
    const one = find(id);
    if (one) set([...list.filter((other) => other !== one), { ...one, isShown: true, isClosed: false }]);
  }

  function leave(id) {
    if (isResting) return false;
    if (changes.get(id)) update(id, { isLeft: true, isShown: false });
    else drop(id);
    return true;
  }

  /** A change begins; call what it returns at its end, with the problem that the user hasn't seen. */
  function begin(id) {
    changes.set(id, (changes.get(id) ?? 0) + 1);
    return (problem) => {
      changes.set(id, changes.get(id) - 1);
      const one = find(id);
      if (!one || one.isShown || changes.get(id) > 0) return;
      if (problem) notify.undone(one.props.title, problem, { label: t("Open again"), run: () => reveal(id), drop: () => drop(id, true) });
      else drop(id, true);
    };
  }

  return {
    list: () => list,
    watch(fn) {
      watching.add(fn);
      return () => watching.delete(fn);
    },
    newId: () => ++count,
    /** Shows a dialog as its page draws it. */
    put(id, Box, props) {
      const one = find(id);
      if (!one) set([...list, { id, Box, props, isLeft: false, isShown: true }]);
      else if (!one.isLeft) update(id, { props });
    },
    /** Its page doesn't show it any more; false while the whole console is hidden. */
    leave,
    close(id) {
      const one = find(id);
      if (!one) return;
      update(id, { isClosed: true });
      const { isLeft, props } = one;
      if (isLeft) leave(id);
      else props.onClose();
    },
    begin,
    /** `fn` forgets what is kept of its text. */
    forgetWith(id, fn) {
      typed.set(id, fn);
    },
    rest: (value) => {
      isResting = value;
    },
  };
}

// One at a time: the newest.
function Shown({ dialogs }) {
  const list = useSyncExternalStore(dialogs.watch, dialogs.list, dialogs.list);
  const newest = list.findLast(({ isShown }) => isShown);
  return list.map((one) => {
    const { id, Box, props } = one;
    return <Box key={id} {...props} shown={one === newest} id={id} dialogs={dialogs} />;
  });
}

export function DialogHost({ children }) {
  const notify = useNotice();
  const [dialogs] = useState(() => createDialogs(notify));
  // Hidden with everything else (App.jsx), the pages haven't closed their dialogs.
  useLayoutEffect(() => {
    dialogs.rest(false);
    return () => dialogs.rest(true);
  }, [dialogs]);
  return <Dialogs value={dialogs}>{children}<Shown dialogs={dialogs} /></Dialogs>;
}
