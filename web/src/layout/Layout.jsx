// Layout.jsx: what is around every page: the way to the others, whether events
// arrive, light or dark, who is signed in, and the phone.
import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { useLive } from "../live.jsx";
import { keepFocus } from "../parts/focus.js";
import { Icon } from "../parts/icon.jsx";
import { useSession } from "../session.jsx";
import styles from "./layout.module.css";
import { Phone } from "./Phone.jsx";

const PAGES = [
  ["/", "Today", "today"],
  ["/inbox", "Inbox", "inbox"],
  ["/calls", "Calls", "calls"],
  ["/recordings", "Recordings", "recordings"],
  ["/numbers", "Numbers", "numbers"],
  ["/forwarding", "Forwarding", "forwarding"],
  ["/rules", "Rules", "rules"],
  ["/statistics", "Statistics", "statistics"],
  ["/settings", "Settings", "settings"],
];

function Navigation({ open, close }) {
  const [location] = useLocation();
  const isHere = (path) => (path === "/" ? location === "/" : location === path || location.startsWith(`${path}/`));
  return (
    <nav id="pages" aria-label="Pages" className={styles.nav} data-open={open || undefined}>
      <ul>
        {PAGES.map(([path, name, icon]) => (
          <li key={path}>
            <Link href={path} className={styles.link} aria-current={isHere(path) ? "page" : undefined} onClick={close}>
              <Icon name={icon} /> {name}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

const STATES = {
  open: ["Live", "What happens appears here by itself."],
  connecting: ["Connecting…", "Connecting to Hookswitch."],
  waiting: ["Reconnecting…", "Hookswitch is not answering; this page tries again by itself."],
  refused: ["Not live", "The login has ended."],
};

// A short restart is not worth a word; one that lasts is read out.
function LiveState() {
  const { state } = useLive();
  const [shown, setShown] = useState(state);
  useEffect(() => {
    const timer = setTimeout(() => setShown(state), state === "open" ? 0 : 800);
    return () => clearTimeout(timer);
  }, [state]);
  const [text, title] = STATES[shown];
  return <span className={styles.live} data-state={shown} title={title} role="status">{text}</span>;
}

function SchemeButton() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const other = scheme === "dark" ? "light" : "dark";
  return (
    <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Use ${other} colours`} title={`Use ${other} colours`}
      onClick={() => setColorScheme(other)}>
      <Icon name={scheme === "dark" ? "sun" : "moon"} />
    </ActionIcon>
  );
}

function Account() {
  const { me, signOut } = useSession();
  const { user } = me.data;
  return (
    <>
      <span className={styles.user} title={`Signed in as ${user.name ?? user.id}`}>
        <Icon name="person" size={18} /> <bdi>{user.name ?? user.id}</bdi>
      </span>
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Sign out" title="Sign out" onClick={signOut}>
        <Icon name="leave" />
      </ActionIcon>
    </>
  );
}

const NARROW = "(width < 56rem)"; // layout.module.css

// The menu of narrow screens lies above the page: Escape closes it, and nothing
// behind it can be reached meanwhile.
function useMenu() {
  const [open, setOpen] = useState(false);
  const button = useRef(null);
  useEffect(() => {
    if (!open) return undefined;
    const close = () => setOpen(false);
    const onKey = (event) => {
      if (event.key !== "Escape") return;
      close();
      button.current.focus();
    };
    const narrow = window.matchMedia(NARROW);
    narrow.addEventListener("change", close);
    document.addEventListener("keydown", onKey);
    return () => {
      narrow.removeEventListener("change", close);
      document.removeEventListener("keydown", onKey);
    };
  }, [open]);
  return { open, setOpen, button };
}

export function Layout({ children }) {
  const menu = useMenu();
  const { open } = menu;
  useEffect(() => keepFocus(document.body), []);
  return (
    <div className={styles.frame} data-menu={open || undefined}>
      <a className={styles.skip} href="#main">Skip to the page</a>
      <header className={styles.top}>
        <ActionIcon ref={menu.button} className={styles.burger} variant="subtle" color="gray" size="lg" aria-expanded={open}
          aria-controls="pages" aria-label={open ? "Close the menu" : "Open the menu"} onClick={() => menu.setOpen(!open)}>
          <Icon name={open ? "close" : "menu"} />
        </ActionIcon>
        <Link href="/" className={styles.brand} aria-label="Hookswitch">
          <img src="/favicon.svg" alt="" width="26" height="26" /> <span>Hookswitch</span>
        </Link>
        <LiveState />
        <span className={styles.space} />
        <SchemeButton />
        <Account />
      </header>
      <Navigation open={open} close={() => menu.setOpen(false)} />
      <main id="main" className={styles.main} tabIndex={-1} inert={open}>{children}</main>
      <Phone />
    </div>
  );
}
