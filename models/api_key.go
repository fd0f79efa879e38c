package models

import "rapport/engine"

type apiKeyRow struct {
	ID        string `gorm:"primaryKey"`
	Name      string
	Roles     string
	Hash      string
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	ExpiresAt int64
}

func (apiKeyRow) TableName() string { return "api_keys" }

func apiKeyToRow(k *engine.APIKey) apiKeyRow {
	return apiKeyRow{
		ID: string(k.ID), Name: k.Name, Roles: joinTexts(k.Roles), Hash: k.Hash, CreatedAt: micros(k.CreatedAt), ExpiresAt: micros(k.ExpiresAt),
	}
}

func (r apiKeyRow) toAPIKey() engine.APIKey {
	return engine.APIKey{
		ID: engine.APIKeyID(r.ID), Name: r.Name, Roles: splitTexts[string](r.Roles), Hash: r.Hash,
		CreatedAt: fromMicros(r.CreatedAt), ExpiresAt: fromMicros(r.ExpiresAt),
	}
}
