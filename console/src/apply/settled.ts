// A value once it has not changed for a moment, such as a text that is being typed.
import { useEffect, useState } from "react";

export function useSettled<Value>(value: Value, key: string, pause = 400): Value | undefined {
  const [settled, setSettled] = useState<{ key: string; value: Value }>();
  useEffect(() => {
    const timer = setTimeout(() => setSettled({ key, value }), pause);
    return () => clearTimeout(timer);
  }, [key, pause]);
  return settled?.key === key ? settled.value : undefined;
}
