// Alerts.jsx: things that somebody should look at. Nothing is shown when there are none,
// and the first load does without what shows them.
import { lazy, Suspense } from "react";
import { useResource } from "../../resource.js";

const AlertList = lazy(() => import("./AlertList.jsx").then((module) => ({ default: module.AlertList })));

export function Alerts() {
  const { data } = useResource("/api/twilio/alerts");
  return data?.alerts.length > 0 && <Suspense fallback={null}><AlertList data={data} /></Suspense>;
}
