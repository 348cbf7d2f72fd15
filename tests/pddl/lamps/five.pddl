(define (problem five) (:domain lamps)
  (:objects l1 l2 l3 l4 l5)
  (:init (ring l5 l1 l2) (ring l1 l2 l3) (ring l2 l3 l4) (ring l3 l4 l5) (ring l4 l5 l1) (lit l3))
  (:goal (and (lit l1) (lit l2) (lit l3) (lit l4) (lit l5))))
