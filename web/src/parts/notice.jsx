// notice.jsx: short notices of what was done, or could not be. They are read out
// by screen readers (a live region that is always there) and go by themselves.
//   const notify = useNotice();
//   notify("The recording was deleted.");  notify.problem(error);
//   notify("Grace is done.", { label: "Undo", run: () => … });
import { Button, CloseButton } from "@mantine/core";
import { createContext, useContext, useMemo, useState } from "react";
import { Icon } from "./icon.jsx";
import styles from "./notice.module.css";

const SHOWN_MS = 6000;
const Notices = createContext(() => {});
let count = 0;

export function useNotice() {
  return useContext(Notices);
}

export function NoticeProvider({ children }) {
  const [notices, setNotices] = useState([]);
  const drop = (id) => setNotices((all) => all.filter((notice) => notice.id !== id));
  const notify = useMemo(() => {
    const add = (text, kind, action) => {
      const id = ++count;
      setNotices((all) => [...all.slice(-3), { id, text, kind, action }]);
      setTimeout(() => setNotices((all) => all.filter((notice) => notice.id !== id)), SHOWN_MS);
    };
    const say = (text, action) => add(text, "done", action);
    say.problem = (error) => add(error.message, "problem");
    return say;
  }, []);
  return (
    <Notices.Provider value={notify}>
      {children}
      <div className={styles.notices} role="status" aria-live="polite" aria-label="Notices">
        {notices.map(({ id, text, kind, action }) => (
          <div key={id} className={styles.notice} data-kind={kind}>
            <Icon name={kind === "problem" ? "warning" : "check"} size={18} />
            <span>{text}</span>
            {action && (
              <Button size="compact-sm" variant="light" onClick={() => { drop(id); action.run(); }}>{action.label}</Button>
            )}
            <CloseButton size="sm" aria-label="Close this notice" onClick={() => drop(id)} />
          </div>
        ))}
      </div>
    </Notices.Provider>
  );
}
