package main

import (
	"errors"
	"fmt"

	consul "github.com/hashicorp/consul/api"
)

// later asks what came with Consuls after 1.8 and needs neither ACLs nor a mesh.
func later(client *consul.Client) error {
	version, err := client.Agent().Version()
	if err != nil || version["HumanVersion"] == "" {
		return fmt.Errorf("version: %v, %w", version, err)
	}
	shared, _, err := client.ExportedServices(nil)
	if err != nil || len(shared) != 0 {
		return fmt.Errorf("exported services: %v, %w", shared, err)
	}
	usage, _, err := client.Operator().Usage(&consul.QueryOptions{Global: true})
	if err != nil || usage.Usage["dc1"].Nodes == 0 {
		return fmt.Errorf("usage: %+v, %w", usage, err)
	}
	return errors.Join(exactIntention(client.Connect()), entries(client.ConfigEntries()))
}

func exactIntention(connect *consul.Connect) error {
	wanted := &consul.Intention{SourceName: "go-web", DestinationName: "go-db", Action: consul.IntentionActionAllow}
	if _, err := connect.IntentionUpsert(wanted, nil); err != nil {
		return err
	}
	wanted.Action = consul.IntentionActionDeny
	if _, err := connect.IntentionUpsert(wanted, nil); err != nil {
		return err
	}
	got, _, err := connect.IntentionGetExact("go-web", "go-db", nil)
	if err != nil || got == nil || got.Action != consul.IntentionActionDeny || got.Precedence != 9 {
		return fmt.Errorf("the intention: %+v, %w", got, err)
	}
	if _, err := connect.IntentionDeleteExact("go-web", "go-db", nil); err != nil {
		return err
	}
	gone, _, err := connect.IntentionGetExact("go-web", "go-db", nil)
	return errors.Join(err, demand(gone == nil, "the intention is still there"))
}

func entries(entries *consul.ConfigEntries) error {
	for name, protocol := range map[string]string{"go-a": "http", "go-b": "tcp"} {
		entry := &consul.ServiceConfigEntry{Kind: consul.ServiceDefaults, Name: name, Protocol: protocol}
		if _, _, err := entries.Set(entry, nil); err != nil {
			return err
		}
		defer entries.Delete(consul.ServiceDefaults, name, nil)
	}
	found, _, err := entries.List(consul.ServiceDefaults, &consul.QueryOptions{Filter: `Protocol == "http" and Name matches "^go-"`})
	if err != nil || len(found) != 1 || found[0].GetName() != "go-a" {
		return fmt.Errorf("entries of a filter: %+v, %w", found, err)
	}
	index := found[0].GetModifyIndex()
	early, _, err := entries.DeleteCAS(consul.ServiceDefaults, "go-a", index-1, nil)
	if err != nil || early {
		return fmt.Errorf("taken back at an old index: %v, %w", early, err)
	}
	done, _, err := entries.DeleteCAS(consul.ServiceDefaults, "go-a", index, nil)
	return errors.Join(err, demand(done, "not taken back at its index"))
}
