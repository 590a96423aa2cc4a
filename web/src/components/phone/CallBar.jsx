// CallBar.jsx: Answer, Decline and Hang up, above everything else.
//
// The bar is a popover, so nothing is drawn over it. Modal dialogs trap the focus,
// so while one is open the bar is inside it; otherwise it comes first on the page.
// It never takes the focus, so users can go on typing.
import { useLayoutEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { atHost } from "../../clock.js";
import { Running } from "../../parts/time.jsx";
import { t } from "../../text/text.js";
import styles from "./call_bar.module.css";
import { otherEnd, STATUSES } from "./words.js";

const MODAL = 'dialog[open], [role="dialog"][aria-modal="true"], [role="alertdialog"][aria-modal="true"]';

// Gives it the looks of the components' own element (HookswitchProvider.jsx).
function dress(host, island) {
  for (const name of ["data-mantine-color-scheme", "lang"]) {
    if (island?.hasAttribute(name)) host.setAttribute(name, island.getAttribute(name));
    else host.removeAttribute(name);
  }
  host.style.cssText = island?.style.cssText ?? ""; // a policy may forbid the attribute
  host.style.display = "contents";
}

// The phone in another application's page, unless that hides it; a shadow tree alone has our styles.
function ownPlace(root) {
  const inShadow = root.getRootNode() !== document;
  return root.closest(".hookswitch") && (inShadow || root.checkVisibility()) ? root : null;
}

// An element for the bar, first in the topmost dialog, or else in the page; in the
// phone if the page belongs to another application.
function usePlace(active, root) {
  const [place, setPlace] = useState(null); // { host, modal }
  useLayoutEffect(() => {
    if (!active) return undefined;
    let parent;
    let host;
    const island = root.current.closest(".hookswitch");
    const trees = [...new Set([document, root.current.getRootNode()])]; // the page's, and perhaps a shadow tree
    const size = new ResizeObserver(() => look()); // the page may hide the phone, or hide and show its modals
    const sized = new WeakSet();
    const watchSize = (one) => {
      if (sized.has(one)) return;
      sized.add(one);
      size.observe(one);
    };
    const look = () => {
      const modals = trees.flatMap((tree) => [...tree.querySelectorAll(MODAL)]);
      modals.forEach(watchSize);
      const modal = modals.filter((one) => one.checkVisibility()).at(-1);
      const found = modal ?? ownPlace(root.current) ?? document.body;
      if (found === parent && host.isConnected) return;
      host?.remove();
      parent = found;
      host = document.createElement("div");
      host.className = "hookswitch";
      dress(host, island);
      parent.prepend(host);
      setPlace({ host, modal: modal !== undefined });
    };
    look();
    const watch = new MutationObserver(look);
    const seen = { childList: true, subtree: true, attributes: true, attributeFilter: ["open", "role", "aria-modal"] };
    for (const tree of trees) watch.observe(tree.body ?? tree, seen);
    watchSize(root.current);
    const looks = new MutationObserver(() => dress(host, island));
    if (island) looks.observe(island, { attributes: true });
    return () => {
      watch.disconnect();
      size.disconnect();
      looks.disconnect();
      host.remove();
      setPlace(null);
    };
  }, [active, root]);
  return place;
}

const bars = new Set(); // of several users' phones on the page

// One below the other, as they come, go and change their height; together no higher than the window.
function stack() {
  let top = 0;
  for (const bar of bars) {
    bar.style.setProperty("--bars", bars.size);
    bar.style.marginTop = `${top}px`;
    top = bar.getBoundingClientRect().bottom;
  }
}

function Bar({ label, children }) {
  const bar = useRef(null);
  useLayoutEffect(() => {
    const element = bar.current;
    element.showPopover?.();
    bars.add(element);
    const size = new ResizeObserver(stack);
    size.observe(element);
    stack();
    return () => {
      size.disconnect();
      bars.delete(element);
      stack();
    };
  }, []);
  return <section ref={bar} data-call-bar popover="manual" className={styles.bar} aria-label={label}>{children}</section>;
}

function Ringing({ call, phone, answer, busy }) {
  const who = otherEnd(call);
  return (
    <div className={styles.row}>
      <p className={styles.who}><span className={styles.small}>{t("Incoming call")}</span> <bdi>{who}</bdi></p>
      <div className={styles.buttons}>
        <button type="button" className={styles.answer} onClick={() => answer(call.id)}>
          {busy ? t("End this call and answer") : t("Answer")}
        </button>
        <button type="button" className={styles.end} onClick={() => phone.reject(call.id)}>{t("Decline")}</button>
      </div>
    </div>
  );
}

function Going({ call, phone }) {
  const talking = call.status === "open" || call.status === "reconnecting";
  return (
    <div className={styles.row}>
      <p className={styles.who}>
        <span className={styles.small}>{STATUSES[call.status]} {call.openedAt && <Running since={atHost(call.openedAt)} />}</span>{" "}
        <bdi>{otherEnd(call)}</bdi>
      </p>
      <div className={styles.buttons}>
        {talking && (
          <button type="button" className={styles.plain} aria-pressed={call.muted ?? false}
            onClick={() => phone.mute(!call.muted)}>
            {t("Mute")}
          </button>
        )}
        <button type="button" className={styles.end} data-hang-up onClick={() => phone.hangUp()}>{t("Hang up")}</button>
      </div>
    </div>
  );
}

// `shown`: the phone itself is visible, unless a dialog covers it; `root`: a ref to
// the phone.
export function CallBar({ phone, answer, state, shown, root }) {
  const { call, incoming } = state;
  const place = usePlace(incoming.length > 0 || call !== null, root);
  const going = call !== null && (!shown || place?.modal);
  if (!place || (incoming.length === 0 && !going)) return null;
  return createPortal(
    <Bar key={String(place.modal)} label={incoming.length > 0 ? t("Incoming call") : t("Call|noun")}>
      {incoming.map((one) => <Ringing key={one.id} call={one} phone={phone} answer={answer} busy={call !== null} />)}
      {going && <Going call={call} phone={phone} />}
    </Bar>,
    place.host,
  );
}
