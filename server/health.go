package server

import (
	"context"

	"github.com/gofiber/fiber/v2"
)

// Readiness is the answer of /readyz.
type Readiness struct {
	Ready  bool     `json:"ready"`
	Reason []string `json:"reasons,omitempty"`
}

// alive answers as long as the process can.
func (s *Server) alive(c *fiber.Ctx) error {
	return noStore(c).JSON(fiber.Map{"alive": true})
}

// ready tells a load balancer whether to send requests here.
func (s *Server) ready(c *fiber.Ctx) error {
	answer := s.readiness(c.UserContext())
	if !answer.Ready {
		c.Status(fiber.StatusServiceUnavailable)
		c.Set(fiber.HeaderRetryAfter, "1")
	}
	return noStore(c).JSON(answer)
}

func (s *Server) readiness(ctx context.Context) Readiness {
	var reasons []string
	switch s.phase.Load() {
	case phaseStarting:
		reasons = append(reasons, "starting")
	case phaseDraining, phaseStopping:
		reasons = append(reasons, "draining")
	}
	if err := s.uploads.Healthy(); err != nil {
		reasons = append(reasons, "the last upload could not be stored")
	}
	if err := s.uploads.RecordsHealthy(ctx); err != nil {
		reasons = append(reasons, "the database does not answer")
	}
	return Readiness{len(reasons) == 0, reasons}
}

func (s *Server) readyGauge() float64 {
	if s.readiness(context.Background()).Ready {
		return 1
	}
	return 0
}

func noStore(c *fiber.Ctx) *fiber.Ctx {
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c
}
