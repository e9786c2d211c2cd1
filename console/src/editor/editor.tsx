// The traffic policy editor: canvas, fields or JSON beside it, problems and panels below.
import "./editor.css";

import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { type KeyboardEvent, type RefObject, useCallback, useEffect, useMemo, useRef, useState } from "react";

import type { TrafficPolicy } from "../api/operations";
import { Moment } from "../layout/moment";
import { write } from "../policy/document";
import type { Port } from "../policy/edit";
import type { Graph } from "../policy/graph";
import { portOf, type Spot } from "../policy/walk";
import { Canvas, type View } from "./canvas";
import { Chooser } from "./chooser";
import { VARIABLES } from "./colors";
import { choicesOf, commands, keyName } from "./commands";
import { creationOf, creations } from "./create";
import { useDraft } from "./draft";
import { Import } from "./import";
import { Inspector } from "./inspector";
import { Json } from "./json";
import { useKnown } from "./known";
import type { Lit } from "./nodes";
import { Panels, PANELS } from "./panels";
import { namesOf } from "./place-field";
import { Problems, summary } from "./problems";
import { Save } from "./save";
import { hold, settle } from "./settle";
import { draftOf } from "./state";
import { marks, useVerdict } from "./verdict";

interface Props {
  /** Where the draft is kept between visits. */
  draftKey: string;
  /** The version that is edited; undefined for a new policy. */
  base: TrafficPolicy | undefined;
  /** Begins with the dialog that imports a document. */
  importing?: boolean;
  onSaved: (saved: TrafficPolicy) => void;
}

type Open = { what: "create"; from: Port | undefined } | { what: "commands" | "save" | "import" };

export function Editor({ draftKey, base, importing = false, onSaved }: Props) {
  const kept = useDraft(draftKey, base);
  const { state, dispatch } = kept;
  const draft = draftOf(state);
  const { graph } = draft;
  const { selected } = state;
  const known = useKnown();
  const placeName = useMemo(() => namesOf(known.places), [known.places]);
  const document = useMemo(() => write(graph), [graph]);
  const judged = useVerdict(document);
  const problems = useMemo(() => judged.verdict?.problems ?? [], [judged.verdict]);
  const marked = useMemo(() => marks(problems), [problems]);
  const [open, setOpen] = useState<Open | undefined>(importing ? { what: "import" } : undefined);
  const [beside, setBeside] = useState<"fields" | "json">("fields");
  const [below, setBelow] = useState<string>();
  const [lit, setLit] = useState<Lit>();
  const view = useRef<View>(null);
  const frame = useRef<HTMLDivElement>(null);
  useHeight(frame);
  // What is below takes room from the canvas, or gives it back.
  const isOpen = below !== undefined;
  useEffect(() => view.current?.fit(), [isOpen]);

  useEffect(() => {
    if (state.where === "fields") return settle(() => hold(firstField(frame.current, selected)));
    return undefined;
  }, [state.focus, state.where]);

  const select = useCallback((spot: Spot) => dispatch({ do: "select", spot }), [dispatch]);
  const go = useCallback((spot: Spot) => dispatch({ do: "select", spot, focus: true }), [dispatch]);
  const isRefused = judged.current && judged.verdict?.valid === false;
  const save = () => (isRefused ? setBelow("problems") : setOpen({ what: "save" }));
  const all = commands(state, {
    dispatch,
    create: () => setOpen({ what: "create", from: portOf(graph, selected) }),
    open: () => {
      setBeside("fields");
      dispatch({ do: "open" });
    },
    save,
    commands: () => setOpen({ what: "commands" }),
    json: () => setBeside((before) => (before === "json" ? "fields" : "json")),
    problems: () => setBelow((before) => (before === "problems" ? undefined : "problems")),
    importFile: () => setOpen({ what: "import" }),
    exportFile: () => download(`${base?.Name ?? (kept.name || "policy")}.json`, document),
    fit: () => view.current?.fit(),
    zoom: (by) => view.current?.zoom(by),
  });
  const byId = (id: string) => all.find((command) => command.id === id);
  const press = (event: KeyboardEvent, heard: (keys: string) => boolean) => {
    const key = keyName(event.nativeEvent);
    const command = all.find(({ keys, possible }) => possible && keys.includes(key));
    if (command === undefined || !heard(key) || open !== undefined) return;
    event.preventDefault();
    event.stopPropagation();
    command.run();
  };
  const close = () => {
    setOpen(undefined);
    go(selected);
  };
  // Escape closes a list that is open, and then leads back to the canvas. Fields that would clear themselves do not hear it.
  const leaveFields = (event: KeyboardEvent) => {
    const isOpen = event.target instanceof Element && event.target.getAttribute("aria-expanded") === "true";
    if (event.key !== "Escape" || isOpen) return;
    event.stopPropagation();
    go(selected);
  };
  const warnings = problems.filter(({ severity }) => severity === "warning").length;
  return (
    <div
      ref={frame}
      className="editor"
      style={VARIABLES}
      onKeyDown={(event) => {
        const inJson = event.target instanceof HTMLTextAreaElement;
        press(event, (key) => /^ctrl-[a-z-]+$/.test(key) && !(inJson && key !== "ctrl-k" && key !== "ctrl-s"));
      }}
    >
      <div className="bar">
        <h1 className="grow">{base === undefined ? "New traffic policy" : base.Name}</h1>
        {base !== undefined && <span className="from">from version {base.Version}</span>}
        <SpaceBetween direction="horizontal" size="xs">
          <Button iconName="undo" variant="icon" ariaLabel="Undo (ctrl-z)" disabled={byId("undo")?.possible !== true} onClick={() => dispatch({ do: "undo" })} />
          <Button iconName="redo" variant="icon" ariaLabel="Redo (ctrl-y)" disabled={byId("redo")?.possible !== true} onClick={() => dispatch({ do: "redo" })} />
          <Button iconName="keyboard" onClick={() => setOpen({ what: "commands" })}>
            Commands
          </Button>
          <ButtonDropdown
            items={[
              { id: "import", text: "Import a document" },
              { id: "export", text: "Export the document" },
              { id: "arrange", text: "Arrange all boxes" },
            ]}
            onItemClick={({ detail }) => byId(detail.id)?.run()}
          >
            Document
          </ButtonDropdown>
          <Button variant="primary" onClick={save}>
            Save
          </Button>
        </SpaceBetween>
        {kept.restored !== undefined && (
          <div style={{ flexBasis: "100%" }}>
            <Alert
              type="info"
              action={<Button onClick={kept.discard}>Discard the draft</Button>}
            >
              This is your draft, last changed <Moment time={new Date(kept.restored).toISOString()} />. It is kept in this browser.
            </Alert>
          </div>
        )}
      </div>
      <div
        className="canvas"
        role="group"
        aria-label="Policy tree. Tab walks the boxes, arrows move between arms and boxes, c connects or creates, e opens the fields, control k lists all commands."
        onKeyDown={(event) => press(event, () => true)}
        onFocus={(event) => {
          const spot = spotOf(event.target);
          if (spot !== undefined && (spot.key !== selected.key || spot.arm !== selected.arm)) select(spot);
        }}
      >
        <Canvas
          ref={view}
          draft={draft}
          selected={selected}
          focus={state.where === "canvas" ? state.focus : 0}
          marks={marked}
          lit={lit}
          placeName={placeName}
          onSelect={go}
          onConnect={(from, to) => dispatch({ do: "create", what: { existing: to }, from })}
          onDrop={(from) => setOpen({ what: "create", from })}
          onDisconnect={(from) => dispatch({ do: "disconnect", from })}
          onMove={(moved) => dispatch({ do: "move", moved })}
        />
        {graph.start === undefined && <div className="hint">Drag from the start's port, or press <kbd>c</kbd>, to choose what it leads to</div>}
      </div>
      <div className="side">
        <div className="choice">
          <SegmentedControl
            label="Beside the canvas"
            selectedId={beside}
            options={[
              { id: "fields", text: "Fields" },
              { id: "json", text: "JSON" },
            ]}
            onChange={({ detail }) => setBeside(detail.selectedId === "json" ? "json" : "fields")}
          />
        </div>
        <div className="scroll" onKeyDownCapture={leaveFields}>
          {beside === "json" ? (
            <Json graph={graph} document={document} problems={problems} onChange={(next) => dispatch({ do: "edit", graph: next, merging: "json" })} />
          ) : (
            <Inspector
              graph={graph}
              selected={selected}
              known={known}
              problems={problems}
              dispatch={dispatch}
              onConnect={(spot) => {
                select(spot);
                setOpen({ what: "create", from: portOf(graph, spot) });
              }}
            />
          )}
        </div>
      </div>
      <div className="below">
        <div className="tabs">
          <Button variant="inline-link" ariaExpanded={below === "problems"} onClick={() => setBelow(below === "problems" ? undefined : "problems")}>
            Problems
          </Button>
          <span aria-live="polite">
            {judged.verdict === undefined ? (
              <StatusIndicator type={judged.error === undefined ? "in-progress" : "error"}>{judged.error === undefined ? "Checking" : "Not checked"}</StatusIndicator>
            ) : (
              <StatusIndicator type={judged.verdict.valid ? (warnings > 0 ? "warning" : "success") : "error"}>{summary(problems)}</StatusIndicator>
            )}
          </span>
          {PANELS.map(({ id, title }) => (
            <Button key={id} variant="inline-link" ariaExpanded={below === id} onClick={() => setBelow(below === id ? undefined : id)}>
              {title}
            </Button>
          ))}
        </div>
        {below !== undefined && (
          <div className={below === "problems" ? "panel list" : "panel"}>
            {below === "problems" ? (
              <Problems judged={judged} onGo={go} />
            ) : (
              <Panels
                open={below}
                graph={graph}
                document={document}
                valid={judged.verdict?.valid === true}
                base={base === undefined ? undefined : { id: base.Id, version: base.Version }}
                selected={selected}
                onSelect={go}
                onChange={(next: Graph, merging?: string) => dispatch({ do: "edit", graph: next, ...(merging !== undefined && { merging }) })}
                onLight={setLit}
              />
            )}
          </div>
        )}
      </div>
      {open?.what === "create" && (
        <Chooser
          title={open.from === undefined ? "What to create" : "What it leads to"}
          choices={creations(graph, open.from)}
          onChoose={(id) => {
            setOpen(undefined);
            dispatch({ do: "create", what: creationOf(id), from: open.from });
            if (id.startsWith("box ")) go(selected);
          }}
          onClose={close}
        />
      )}
      {open?.what === "commands" && (
        <Chooser
          title="Commands"
          choices={choicesOf(all)}
          onChoose={(id) => {
            setOpen(undefined);
            go(selected);
            byId(id)?.run();
          }}
          onClose={close}
        />
      )}
      {open?.what === "import" && (
        <Import
          onImport={(next) => {
            setOpen(undefined);
            dispatch({ do: "load", draft: { graph: next, moved: {} } });
            setTimeout(() => view.current?.fit());
          }}
          onClose={close}
        />
      )}
      {open?.what === "save" && (
        <Save
          base={base}
          document={document}
          warnings={warnings}
          name={kept.name}
          comment={kept.comment}
          onName={kept.setName}
          onComment={kept.setComment}
          onSaved={(saved) => {
            kept.forget();
            onSaved(saved);
          }}
          onClose={close}
        />
      )}
    </div>
  );
}

/** Down to the lower end of the window, wherever the editor begins. */
function useHeight(frame: RefObject<HTMLDivElement | null>): void {
  useEffect(() => {
    const measure = () => {
      const top = (frame.current?.getBoundingClientRect().top ?? 0) + window.scrollY;
      frame.current?.style.setProperty("--editor-height", `${Math.max(480, window.innerHeight - top)}px`);
    };
    const observer = new ResizeObserver(measure);
    observer.observe(window.document.documentElement);
    for (let above = frame.current?.parentElement; above != null; above = above.parentElement) observer.observe(above);
    return () => observer.disconnect();
  }, [frame]);
}

function spotOf(target: EventTarget): Spot | undefined {
  const found = target instanceof Element ? target.closest("[data-key]") : null;
  const key = found?.getAttribute("data-key");
  if (key === null || key === undefined) return undefined;
  const arm = found?.getAttribute("data-arm");
  return arm === null || arm === undefined ? { key } : { key, arm: Number(arm) };
}

/** The first field of what is selected, in the inspector. */
function firstField(frame: HTMLElement | null, { arm }: Spot): HTMLElement | null {
  const scope = frame?.querySelector(arm === undefined ? ".side .scroll" : `.side [data-arm-fields="${arm}"]`);
  return scope?.querySelector<HTMLElement>("[data-first]") ?? scope?.querySelector<HTMLElement>("input, button[aria-haspopup], textarea") ?? scope?.querySelector<HTMLElement>("button") ?? null;
}

function download(name: string, text: string): void {
  const link = window.document.createElement("a");
  link.href = `data:application/json;charset=utf-8,${encodeURIComponent(text)}`;
  link.download = name;
  link.click();
}
