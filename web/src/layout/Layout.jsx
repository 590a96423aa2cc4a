// Layout.jsx: what is around every page: the way to the others, whether events
// arrive, light or dark, who is signed in, and the phone.
import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { useLive } from "../live.jsx";
import { keepFocus, keepPress } from "../parts/focus.js";
import { Icon } from "../parts/icon.jsx";
import { useMay, useSession } from "../session.jsx";
import { t } from "../text/text.js";
import styles from "./layout.module.css";
import { Phone } from "./Phone.jsx";

const pages = () => [
  ["/", t("Today"), "today"],
  ["/inbox", t("Inbox"), "inbox"],
  ["/calls", t("Calls"), "calls"],
  ["/recordings", t("Recordings"), "recordings"],
  ["/numbers", t("Numbers"), "numbers", "admin"],
  ["/forwarding", t("Forwarding"), "forwarding", "editor"],
  ["/rules", t("Rules"), "rules", "editor"],
  ["/team", t("Team"), "person", "editor"],
  ["/statistics", t("Statistics"), "statistics"],
  ["/settings", t("Settings"), "settings"],
];

function Navigation({ open, close }) {
  const [location] = useLocation();
  const may = useMay();
  const isHere = (path) => (path === "/" ? location === "/" : location === path || location.startsWith(`${path}/`));
  return (
    <nav id="pages" aria-label={t("Pages")} className={styles.nav} data-open={open || undefined}>
      <ul>
        {pages().filter(([, , , least = "agent"]) => may(least)).map(([path, name, icon]) => (
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

const states = () => ({
  open: [t("Live"), t("This page updates by itself.")],
  connecting: [t("Connecting…"), t("Connecting to Hookswitch.")],
  waiting: [t("Reconnecting…"), t("Hookswitch isn’t answering. This page reconnects by itself.")],
  limited: [t("Not live"), t("You are signed in on too many devices. This page tries again every half minute.")],
  refused: [t("Not live"), t("The login has ended.")],
});

// A short restart is not worth a word; one that lasts is read out.
function LiveState() {
  const { state } = useLive();
  const [shown, setShown] = useState(state);
  useEffect(() => {
    const timer = setTimeout(() => setShown(state), state === "open" ? 0 : 800);
    return () => clearTimeout(timer);
  }, [state]);
  const [text, title] = states()[shown];
  return <span className={styles.live} data-state={shown} title={title} role="status">{text}</span>;
}

function SchemeButton() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const other = scheme === "dark" ? "light" : "dark";
  const label = other === "dark" ? t("Use dark colours") : t("Use light colours");
  return (
    <ActionIcon variant="subtle" color="gray" size="lg" aria-label={label} title={label}
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
      <span className={styles.user} title={t("Signed in as {user}", { user: user.name ?? user.id })}>
        <Icon name="person" size={18} /> <bdi>{user.name ?? user.id}</bdi>
      </span>
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("Sign out")} title={t("Sign out")} onClick={signOut}>
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
  useEffect(() => keepPress(document.body), []);
  return (
    <div className={styles.frame} data-menu={open || undefined}>
      <a className={styles.skip} href="#main">{t("Skip to the page")}</a>
      <header className={styles.top}>
        <ActionIcon ref={menu.button} className={styles.burger} variant="subtle" color="gray" size="lg" aria-expanded={open}
          aria-controls="pages" aria-label={open ? t("Close the menu") : t("Open the menu")} onClick={() => menu.setOpen(!open)}>
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
