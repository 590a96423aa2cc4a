// kept_form.jsx: a form on a page; what is typed in it is kept until it is sent, which can't fail (typed.js).
import { useRef } from "react";
import { useTyped } from "./typed.js";

/** `kept`: what it is about, such as "new person". */
export function KeptForm({ kept, onSubmit, ...props }) {
  const form = useRef(null);
  const { onType, forget } = useTyped(kept, form);
  const send = (event) => {
    forget();
    onSubmit(event);
  };
  return <form ref={form} onInput={({ target }) => onType(target)} onSubmit={send} {...props} />;
}
