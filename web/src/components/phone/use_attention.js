// use_attention.js: draws attention to an incoming call: in the tab's title and
// icon, and with a desktop notification.
import { useEffect, useSyncExternalStore } from "react";
import { spoken } from "../../parts/numbers/phone_number.jsx";
import { t } from "../../text/text.js";
import { otherEnd } from "./words.js";

const BADGE = `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<circle cx="16" cy="16" r="16" fill="#1f7a3a"/><path fill="#fff" d="M9 7l4-1 3 6-3 2c1 3 2 4 5 5l2-3 6 3-1 4c-1 2-3 2-5 2C13 24
8 18 7 11c0-2 0-3 2-4z"/></svg>`)}`;

// While there is `text`, puts it in front of the page's title; another user's phone on the page may do the same.
function useTitle(text) {
  useEffect(() => {
    if (!text) return undefined;
    const lead = `${text} · `;
    const put = () => {
      if (!document.title.includes(lead)) document.title = lead + document.title;
    };
    put();
    const watch = new MutationObserver(put);
    watch.observe(document.head, { childList: true, subtree: true, characterData: true });
    return () => {
      watch.disconnect();
      document.title = document.title.replace(lead, () => "");
    };
  }, [text]);
}

let ringing = 0; // phones on the page that ring: those of several users share its icon
let putBack;

function badge() {
  const icon = document.querySelector('link[rel~="icon"]');
  if (!icon) return () => {};
  const [href, type] = [icon.getAttribute("href"), icon.getAttribute("type")];
  icon.type = "image/svg+xml";
  icon.href = BADGE;
  return () => {
    icon.setAttribute("href", href);
    if (type) icon.setAttribute("type", type);
    else icon.removeAttribute("type");
  };
}

function useIcon(isRinging) {
  useEffect(() => {
    if (!isRinging) return undefined;
    ringing += 1;
    if (ringing === 1) putBack = badge();
    return () => {
      ringing -= 1;
      if (ringing === 0) putBack();
    };
  }, [isRinging]);
}

// The tab that has the phone notifies, unless the user is looking at it.
function useNotification(call) {
  const sid = call?.sid;
  const who = call && otherEnd(call);
  const from = call && spoken(call.other);
  useEffect(() => {
    if (!sid || permission() !== "granted" || document.hasFocus()) return undefined;
    let note;
    try {
      note = new Notification(t("{who} is calling", { who }), { body: who === from ? "" : from, tag: `hookswitch ${sid}`,
        icon: BADGE, requireInteraction: true, silent: true });
    } catch {
      return undefined; // mobile browsers: only service workers may notify
    }
    note.onclick = () => {
      window.focus();
      note.close();
    };
    return () => note.close();
  }, [sid, who, from]);
}

export function useAttention(state) {
  const [first] = state.incoming;
  useTitle(first && `☎ ${t("{who} is calling", { who: otherEnd(first) })}`);
  useIcon(first !== undefined);
  useNotification(state.here ? first : undefined);
}

function permission() {
  return typeof Notification === "function" ? Notification.permission : "denied";
}

function subscribe(fn) {
  let status;
  let gone = false;
  navigator.permissions?.query({ name: "notifications" }).then((found) => {
    status = found;
    if (!gone) status.onchange = fn;
  }, () => {});
  return () => {
    gone = true;
    if (status) status.onchange = null;
  };
}

// "default": not asked yet; "granted"; "denied", also if unsupported.
export const useNotificationPermission = () => useSyncExternalStore(subscribe, permission);
