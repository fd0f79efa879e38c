package bus

import (
	"cmp"
	"slices"

	"rapport/engine"
)

// board keeps the last figures of every queue, so that a subscription begins with them without a gap. They follow from the state and are not stored.
type board struct {
	at      engine.Position
	figures map[engine.QueueID]engine.QueueFigures
	readers map[*Subscription]struct{}
}

func newBoard() board {
	return board{figures: map[engine.QueueID]engine.QueueFigures{}, readers: map[*Subscription]struct{}{}}
}

// Restore sets the figures of all queues, as they are when a writer starts or its engine was made anew.
func (b *Bus) Restore(at engine.Position, all []engine.QueueFigures) {
	b.mu.Lock()
	defer b.mu.Unlock()
	gone := map[engine.QueueID]bool{}
	for id := range b.board.figures {
		gone[id] = true
	}
	for i := range all {
		delete(gone, all[i].QueueID)
	}
	removed := make([]engine.QueueID, 0, len(gone))
	for id := range gone {
		removed = append(removed, id)
	}
	b.publishFigures(at, all, removed)
}

// publishFigures keeps figures and hands out those that moved. It is called with the lock held.
func (b *Bus) publishFigures(at engine.Position, figures []engine.QueueFigures, removed []engine.QueueID) {
	b.board.at = at
	// Behind every event of the batch: the figures are those after all of it.
	place := engine.EventPlace{Position: at, Index: engine.StartIndex}
	for i := range figures {
		f := &figures[i]
		if before, known := b.board.figures[f.QueueID]; known && before.Equal(f) {
			continue
		}
		b.board.figures[f.QueueID] = *f
		b.tell(engine.Published{Place: place, QueueID: f.QueueID, Figures: f})
	}
	for _, id := range removed {
		delete(b.board.figures, id)
		b.tell(engine.Published{Place: place, QueueID: id})
	}
}

func (b *Bus) tell(m engine.Published) {
	for s := range b.board.readers {
		if s.queues == nil || s.queues[m.QueueID] {
			b.deliver(s, m)
		}
	}
}

// SubscribeFigures subscribes to the figures of some queues, or of all when ids is nil, and gives them as they are: those that are not there
// are left out.
func (b *Bus) SubscribeFigures(ids []engine.QueueID) (*Subscription, engine.Position, []engine.QueueFigures) {
	s := &Subscription{bus: b, figures: true, wake: make(chan struct{}, 1)}
	if ids != nil {
		s.queues = map[engine.QueueID]bool{}
		for _, id := range ids {
			s.queues[id] = true
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.board.readers[s] = struct{}{}
	b.count++
	return s, b.board.at, b.figuresOf(ids)
}

// QueueFigures gives the last figures of queues; those that are not there are left out.
func (b *Bus) QueueFigures(ids []engine.QueueID) []engine.QueueFigures {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.figuresOf(ids)
}

func (b *Bus) figuresOf(ids []engine.QueueID) []engine.QueueFigures {
	list := make([]engine.QueueFigures, 0, len(ids))
	if ids == nil {
		for _, f := range b.board.figures {
			list = append(list, f)
		}
		slices.SortFunc(list, func(x, y engine.QueueFigures) int { return cmp.Compare(x.QueueID, y.QueueID) })
		return list
	}
	for _, id := range ids {
		if f, there := b.board.figures[id]; there {
			list = append(list, f)
		}
	}
	return list
}
