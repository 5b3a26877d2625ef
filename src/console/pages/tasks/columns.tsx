import { Link } from '@tanstack/react-router';
import type { Task } from '../../../contract/schemas/tasks.ts';
import { State } from '../../parts/state.tsx';
import { type Column, ROW_LINK } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { Visible } from '../../parts/words.tsx';

/** A task by its purpose; all of the row leads to its page. */
export const PURPOSE: Column<Task> = {
  header: 'Task',
  narrow: 'title',
  width: 'minmax(0,2fr)',
  cell: ({ id, purpose }) => (
    <Link to="/tasks/$id" params={{ id }} className={`${ROW_LINK} line-clamp-2`}>
      “<Visible text={purpose} />”
    </Link>
  ),
};
export const STATE: Column<Task> = {
  header: 'State',
  width: '6rem',
  cell: ({ state }) => <State of={state} />,
};
export const OPENED: Column<Task> = {
  header: 'Opened',
  width: '8rem',
  cell: ({ created_at: at }) => <Time at={at} />,
};
