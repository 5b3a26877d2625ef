import { Link } from '@tanstack/react-router';
import { Compass } from 'lucide-react';
import { Button } from '../parts/button.tsx';
import { Empty } from '../parts/empty.tsx';

export function Lost() {
  return (
    <Empty
      icon={Compass}
      title="There is no such page"
      action={
        <Button asChild>
          <Link to="/">To the overview</Link>
        </Button>
      }
    />
  );
}
