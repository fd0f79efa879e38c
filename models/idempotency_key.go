package models

import (
	"encoding/json"
	"fmt"

	"rapport/engine"
)

type idempotencyKeyRow struct {
	Principal string `gorm:"primaryKey"`
	KeyText   string `gorm:"primaryKey"`
	Hash      string
	Refs      string
	CreatedAt int64 `gorm:"autoCreateTime:false"`
}

func (idempotencyKeyRow) TableName() string { return "idempotency_keys" }

func keyToRow(k *engine.IdempotencyKey) (idempotencyKeyRow, error) {
	refs, err := json.Marshal(k.Refs)
	return idempotencyKeyRow{k.Principal, k.Key, k.Hash, string(refs), micros(k.At)}, err
}

func (r idempotencyKeyRow) toKey() (engine.IdempotencyKey, error) {
	k := engine.IdempotencyKey{KeyRef: engine.KeyRef{Principal: r.Principal, Key: r.KeyText}, Hash: r.Hash, At: fromMicros(r.CreatedAt)}
	if err := json.Unmarshal([]byte(r.Refs), &k.Refs); err != nil {
		return k, fmt.Errorf("idempotency key: %w", err)
	}
	return k, nil
}
