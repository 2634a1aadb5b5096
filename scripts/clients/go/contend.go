package main

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	consul "github.com/hashicorp/consul/api"
)

// A room that at most so many may be in; who comes in although it is full is remembered.
type room struct {
	capacity, inside, entered, crowds atomic.Int32
}

func (r *room) visit(lost <-chan struct{}) {
	if r.inside.Add(1) > r.capacity.Load() {
		r.crowds.Add(1)
	}
	select {
	case <-lost: // Whoever learns that the lock is lost leaves at once.
	case <-time.After(20 * time.Millisecond):
	}
	r.inside.Add(-1)
	r.entered.Add(1)
}

func (r *room) verdict() error {
	return errors.Join(
		demand(r.crowds.Load() == 0, "%d times there were too many inside", r.crowds.Load()),
		demand(r.entered.Load() >= 3, "only %d came in", r.entered.Load()),
	)
}

// contend has the client's own recipes compete for a while, whatever becomes of the servers meanwhile.
func contend(client *consul.Client, length time.Duration) {
	var all sync.WaitGroup
	for title, play := range map[string]func(*consul.Client, time.Time) error{
		"a lock is held by one at a time":                       lock,
		"a semaphore is held by as many as it has room for":     semaphore,
		"there is one leader at a time, and in the end another": election,
	} {
		all.Add(1)
		go func() {
			defer all.Done()
			hold(title, func() error { return play(client, time.Now().Add(length)) })
		}()
	}
	all.Wait()
}

// contenders runs the same by four at once until the time is over.
func contenders(end time.Time, once func() error) error {
	var all sync.WaitGroup
	for range 4 {
		all.Add(1)
		go func() {
			defer all.Done()
			for time.Now().Before(end) {
				// An error is not a lie: servers die meanwhile.
				if once() != nil {
					time.Sleep(100 * time.Millisecond)
				}
			}
		}()
	}
	all.Wait()
	return nil
}

func lock(client *consul.Client, end time.Time) error {
	var inside room
	inside.capacity.Store(1)
	contenders(end, func() error {
		options := &consul.LockOptions{Key: "go/lock", SessionTTL: "15s", MonitorRetries: 5, MonitorRetryTime: time.Second}
		lock, err := client.LockOpts(options)
		if err != nil {
			return err
		}
		lost, err := lock.Lock(nil)
		if err != nil {
			return err
		}
		inside.visit(lost)
		return lock.Unlock()
	})
	return inside.verdict()
}

func semaphore(client *consul.Client, end time.Time) error {
	var inside room
	inside.capacity.Store(2)
	contenders(end, func() error {
		options := &consul.SemaphoreOptions{
			Prefix: "go/semaphore", Limit: 2, SessionTTL: "15s", MonitorRetries: 5, MonitorRetryTime: time.Second,
		}
		semaphore, err := client.SemaphoreOpts(options)
		if err != nil {
			return err
		}
		lost, err := semaphore.Acquire(nil)
		if err != nil {
			return err
		}
		inside.visit(lost)
		return semaphore.Release()
	})
	return inside.verdict()
}

// election has three campaign for a key with sessions of their own; who leads gives up, or dies and is found out.
func election(client *consul.Client, end time.Time) error {
	const key = "go/leader"
	var leaders room
	leaders.capacity.Store(1)
	terms := map[string]int{}
	var guard sync.Mutex
	var all sync.WaitGroup
	for number := range 3 {
		name := fmt.Sprintf("candidate-%d", number)
		all.Add(1)
		go func() {
			defer all.Done()
			for time.Now().Before(end) {
				led, err := campaign(client, key, name, &leaders, end)
				if err != nil {
					time.Sleep(100 * time.Millisecond)
				}
				if led {
					guard.Lock()
					terms[name]++
					guard.Unlock()
				}
			}
		}()
	}
	all.Wait()
	return errors.Join(
		demand(leaders.crowds.Load() == 0, "%d times there were two leaders", leaders.crowds.Load()),
		demand(len(terms) >= 2, "led: %v", terms),
	)
}

func campaign(client *consul.Client, key, name string, leaders *room, end time.Time) (bool, error) {
	entry := &consul.SessionEntry{Name: name, TTL: "15s", LockDelay: 100 * time.Millisecond}
	id, _, err := client.Session().Create(entry, nil)
	if err != nil {
		return false, err
	}
	defer client.Session().Destroy(id, nil)
	var index uint64
	for time.Now().Before(end) {
		led, _, err := client.KV().Acquire(&consul.KVPair{Key: key, Value: []byte(name), Session: id}, nil)
		if err != nil {
			return false, err
		}
		if led {
			leaders.visit(nil)
			return true, nil
		}
		pair, meta, err := client.KV().Get(key, &consul.QueryOptions{WaitIndex: index, WaitTime: 2 * time.Second})
		if err != nil {
			return false, err
		}
		if pair != nil && pair.Session != "" {
			index = meta.LastIndex
		} else {
			index = 0
			time.Sleep(50 * time.Millisecond)
		}
	}
	return false, nil
}
