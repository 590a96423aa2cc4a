// Now.jsx: what would happen to a call right now, for each number. NowList isn't part of the first load.
import { Suspense } from "react";
import { FIRST } from "../../first_reads.js";
import { lazyPart } from "../../parts/boundary.jsx";
import { Panel } from "../../parts/page.jsx";
import { Empty, Ready } from "../../parts/states.jsx";
import { useResource } from "../../resource.js";
import { useMay } from "../../session.jsx";
import { t } from "../../text/text.js";

const NowList = lazyPart(() => import("./NowList.jsx"), "NowList");
const [NOW, PEOPLE] = FIRST.now;
const AGAIN_MS = 60_000; // opening hours begin and end

export function Now() {
  const may = useMay();
  const now = useResource(NOW, { query: PEOPLE, refetchInterval: AGAIN_MS });
  return (
    <Panel title={t("What happens now")} flush>
      <Ready query={now} what={t("what happens now")}>
        {(data) => (data.numbers.length
          ? <Suspense fallback={null}><NowList data={data} /></Suspense>
          : <Empty icon="numbers" title={t("No numbers yet")}>{may("admin") && t("Buy one under Numbers.")}</Empty>)}
      </Ready>
    </Panel>
  );
}
