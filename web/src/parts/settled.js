// settled.js: what someone types, once they pause.
import { useEffect, useState } from "react";

/** The value once it hasn't changed for that long. */
export function useSettled(value, ms) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
