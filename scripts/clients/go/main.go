// The official Go client, as a program that uses all of it that services usually use: see ../README.md for what it
// demands and prints.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	consul "github.com/hashicorp/consul/api"
)

var broken atomic.Bool

// hold says whether a promise was kept.
func hold(title string, demand func() error) {
	if err := demand(); err != nil {
		broken.Store(true)
		fmt.Printf("BROKEN %s: %v\n", title, err)
		return
	}
	fmt.Printf("held %s\n", title)
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: clients calm|contend HOST:PORT SECONDS")
		os.Exit(2)
	}
	seconds, err := strconv.Atoi(os.Args[3])
	client, clientErr := consul.NewClient(&consul.Config{Address: os.Args[2]})
	if err := errors.Join(err, clientErr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if os.Args[1] == "calm" {
		calm(client, time.Duration(seconds)*time.Second)
	} else {
		contend(client, time.Duration(seconds)*time.Second)
	}
	if broken.Load() {
		os.Exit(1)
	}
}

func calm(client *consul.Client, load time.Duration) {
	hold("keys and values: put, get, flags, compare-and-set, list, delete", func() error { return keyValue(client.KV()) })
	hold("a transaction is all or nothing", func() error { return transaction(client) })
	hold("a service is registered, found healthy, ill when its check fails, and gone", func() error { return service(client) })
	hold("a watch of a service sees every change under load", func() error { return watchService(client, load) })
	hold("a watch of a key sees every change under load", func() error { return watchKey(client, load) })
	hold("a session lives by renewal and takes its keys along when it ends", func() error { return session(client) })
	hold("a prepared query finds a service", func() error { return preparedQuery(client) })
	hold("what later Consuls answer is answered as they do", func() error { return later(client) })
}

func demand(right bool, format string, values ...any) error {
	if right {
		return nil
	}
	return fmt.Errorf(format, values...)
}

func keyValue(kv *consul.KV) error {
	const key = "go/kv/motd"
	pair := &consul.KVPair{Key: key, Value: []byte("hello \x00 world"), Flags: 18446744073709551615}
	if _, err := kv.Put(pair, nil); err != nil {
		return err
	}
	got, meta, err := kv.Get(key, nil)
	if err != nil || got == nil {
		return fmt.Errorf("get: %v, %w", got, err)
	}
	if !bytes.Equal(got.Value, pair.Value) || got.Flags != pair.Flags || meta.LastIndex != got.ModifyIndex {
		return fmt.Errorf("got %+v with %+v", got, meta)
	}
	stale := *got
	got.Value = []byte("second")
	first, _, err := kv.CAS(got, nil)
	if err != nil || !first {
		return fmt.Errorf("compare-and-set of the newest: %v, %w", first, err)
	}
	second, _, err := kv.CAS(&stale, nil)
	if err != nil || second {
		return fmt.Errorf("compare-and-set of an old one: %v, %w", second, err)
	}
	if _, err := kv.Put(&consul.KVPair{Key: key + "/below"}, nil); err != nil {
		return err
	}
	pairs, _, err := kv.List("go/kv/", nil)
	if err != nil || len(pairs) != 2 {
		return fmt.Errorf("list: %d pairs, %w", len(pairs), err)
	}
	keys, _, err := kv.Keys("go/kv/", "/", nil)
	if err != nil || fmt.Sprint(keys) != "[go/kv/motd go/kv/motd/]" {
		return fmt.Errorf("keys: %v, %w", keys, err)
	}
	if _, err := kv.DeleteTree("go/kv/", nil); err != nil {
		return err
	}
	gone, _, err := kv.Get(key, &consul.QueryOptions{RequireConsistent: true})
	return errors.Join(err, demand(gone == nil, "still there: %v", gone))
}

func transaction(client *consul.Client) error {
	set := func(key string) *consul.TxnOp {
		return &consul.TxnOp{KV: &consul.KVTxnOp{Verb: consul.KVSet, Key: key, Value: []byte("x")}}
	}
	if _, err := client.KV().DeleteTree("go/txn/", nil); err != nil {
		return err
	}
	absent := &consul.TxnOp{KV: &consul.KVTxnOp{Verb: consul.KVCheckNotExists, Key: "go/txn/a"}}
	done, response, _, err := client.Txn().Txn(consul.TxnOps{absent, set("go/txn/a"), set("go/txn/b")}, nil)
	if err != nil || !done || len(response.Results) != 2 {
		return fmt.Errorf("the first: %v, %+v, %w", done, response, err)
	}
	done, response, _, err = client.Txn().Txn(consul.TxnOps{set("go/txn/c"), absent}, nil)
	if err != nil || done || len(response.Errors) != 1 || response.Errors[0].OpIndex != 1 {
		return fmt.Errorf("the second: %v, %+v, %w", done, response, err)
	}
	pair, _, err := client.KV().Get("go/txn/c", nil)
	return errors.Join(err, demand(pair == nil, "half of it was done"))
}

func register(agent *consul.Agent, id, name, status string) error {
	return agent.ServiceRegister(&consul.AgentServiceRegistration{
		ID: id, Name: name, Port: 8080, Tags: []string{"v1", "go"}, Meta: map[string]string{"made": "by go"},
		Check: &consul.AgentServiceCheck{TTL: "60s", Status: status},
	})
}

func service(client *consul.Client) error {
	agent := client.Agent()
	if err := register(agent, "go-web-1", "go-web", ""); err != nil {
		return err
	}
	if err := untilPassing(client, "go-web", 0); err != nil {
		return err
	}
	if err := agent.UpdateTTL("service:go-web-1", "feeling well", consul.HealthPassing); err != nil {
		return err
	}
	if err := untilPassing(client, "go-web", 1); err != nil {
		return err
	}
	entries, _, err := client.Health().Service("go-web", "v1", true, nil)
	if err != nil || len(entries) != 1 {
		return fmt.Errorf("by tag: %v, %w", entries, err)
	}
	found := entries[0].Service
	if found.Port != 8080 || found.Meta["made"] != "by go" || entries[0].Checks.AggregatedStatus() != consul.HealthPassing {
		return fmt.Errorf("found %+v", entries[0])
	}
	status, info, err := agent.AgentHealthServiceByID("go-web-1")
	if err != nil || status != consul.HealthPassing || info.Service.Port != 8080 {
		return fmt.Errorf("the agent says %s, %+v, %w", status, info, err)
	}
	filtered, err := agent.ServicesWithFilter(`Service == "go-web" and "v1" in Tags`)
	if err != nil || len(filtered) != 1 {
		return fmt.Errorf("filtered: %v, %w", filtered, err)
	}
	if err := agent.EnableServiceMaintenance("go-web-1", "a new disk"); err != nil {
		return err
	}
	if err := untilPassing(client, "go-web", 0); err != nil {
		return err
	}
	if err := agent.DisableServiceMaintenance("go-web-1"); err != nil {
		return err
	}
	if err := untilPassing(client, "go-web", 1); err != nil {
		return err
	}
	if err := agent.ServiceDeregister("go-web-1"); err != nil {
		return err
	}
	return untilPassing(client, "go-web", 0)
}

// untilPassing waits, by blocking queries, until so many instances of the service pass.
func untilPassing(client *consul.Client, name string, count int) error {
	options := &consul.QueryOptions{WaitTime: 10 * time.Second}
	for end := time.Now().Add(20 * time.Second); ; {
		entries, meta, err := client.Health().Service(name, "", true, options)
		if err != nil {
			return err
		}
		if len(entries) == count {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%d instances of %s pass, not %d", len(entries), name, count)
		}
		options.WaitIndex = meta.LastIndex
	}
}

// underLoad calls change with numbers until the time is over, while others write other keys.
func underLoad(client *consul.Client, load time.Duration, change func(number int) error) error {
	var others sync.WaitGroup
	stop := make(chan struct{})
	for writer := range 4 {
		others.Add(1)
		go func() {
			defer others.Done()
			for number := 0; ; number++ {
				select {
				case <-stop:
					return
				default:
					client.KV().Put(&consul.KVPair{Key: fmt.Sprintf("go/noise/%d/%d", writer, number%100)}, nil)
				}
			}
		}()
	}
	defer others.Wait()
	defer close(stop)
	for number, end := 1, time.Now().Add(load); time.Now().Before(end); number++ {
		if err := change(number); err != nil {
			return fmt.Errorf("change %d: %w", number, err)
		}
	}
	return nil
}

func watchKey(client *consul.Client, load time.Duration) error {
	const key = "go/watched"
	var index uint64
	return underLoad(client, load, func(number int) error {
		if _, err := client.KV().Put(&consul.KVPair{Key: key, Value: fmt.Append(nil, number)}, nil); err != nil {
			return err
		}
		pair, meta, err := client.KV().Get(key, &consul.QueryOptions{WaitIndex: index, WaitTime: 20 * time.Second})
		if err != nil || pair == nil || string(pair.Value) != fmt.Sprint(number) || meta.LastIndex <= index {
			return fmt.Errorf("after %d: %+v, %+v, %w", index, pair, meta, err)
		}
		index = meta.LastIndex
		return nil
	})
}

func watchService(client *consul.Client, load time.Duration) error {
	const id = "go-watched"
	if err := register(client.Agent(), id, id, consul.HealthPassing); err != nil {
		return err
	}
	if err := untilPassing(client, id, 1); err != nil {
		return err
	}
	statuses := []string{consul.HealthCritical, consul.HealthPassing}
	_, meta, err := client.Health().Service(id, "", true, nil)
	if err != nil {
		return err
	}
	err = underLoad(client, load, func(number int) error {
		if err := client.Agent().UpdateTTL("service:"+id, "", statuses[(number-1)%2]); err != nil {
			return err
		}
		for {
			options := &consul.QueryOptions{WaitIndex: meta.LastIndex, WaitTime: 20 * time.Second}
			entries, next, err := client.Health().Service(id, "", true, options)
			if err != nil || next.LastIndex <= meta.LastIndex {
				return fmt.Errorf("after %d: %+v, %w", meta.LastIndex, next, err)
			}
			meta = next
			if len(entries) == (number-1)%2 {
				return nil
			}
		}
	})
	return errors.Join(err, client.Agent().ServiceDeregister(id))
}

func session(client *consul.Client) error {
	sessions := client.Session()
	entry := &consul.SessionEntry{Name: "go", TTL: "10s", Behavior: consul.SessionBehaviorDelete, LockDelay: time.Millisecond}
	id, _, err := sessions.Create(entry, nil)
	if err != nil {
		return err
	}
	pair := &consul.KVPair{Key: "go/ephemeral", Value: []byte("alive"), Session: id}
	held, _, err := client.KV().Acquire(pair, nil)
	if err != nil || !held {
		return fmt.Errorf("acquire: %v, %w", held, err)
	}
	renewed, _, err := sessions.Renew(id, nil)
	if err != nil || renewed == nil || renewed.TTL != "10s" || renewed.Behavior != consul.SessionBehaviorDelete {
		return fmt.Errorf("renew: %+v, %w", renewed, err)
	}
	if _, err := sessions.Destroy(id, nil); err != nil {
		return err
	}
	gone, _, err := client.KV().Get("go/ephemeral", nil)
	if err != nil || gone != nil {
		return fmt.Errorf("its key: %v, %w", gone, err)
	}
	info, _, err := sessions.Info(id, nil)
	return errors.Join(err, demand(info == nil, "the session is still there"))
}

func preparedQuery(client *consul.Client) error {
	if err := register(client.Agent(), "go-asked", "go-asked", consul.HealthPassing); err != nil {
		return err
	}
	defer client.Agent().ServiceDeregister("go-asked")
	if err := untilPassing(client, "go-asked", 1); err != nil {
		return err
	}
	queries := client.PreparedQuery()
	query := &consul.PreparedQueryDefinition{Name: "go-query", Service: consul.ServiceQuery{Service: "go-asked", OnlyPassing: true}}
	id, _, err := queries.Create(query, nil)
	if err != nil {
		return err
	}
	answer, _, err := queries.Execute("go-query", nil)
	if err != nil || len(answer.Nodes) != 1 || answer.Nodes[0].Service.ID != "go-asked" {
		return fmt.Errorf("execute: %+v, %w", answer, err)
	}
	_, err = queries.Delete(id, nil)
	return err
}
