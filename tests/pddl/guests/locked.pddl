; Nobody ever gets into the tower: there is a door, but its key lies behind it.
(define (problem locked) (:domain guests)
  (:objects ann - guest pip - porter hall tower - room brass - key)
  (:init (in ann hall) (in pip hall) (free pip)
         (door hall tower brass) (door tower hall brass) (lies brass tower))
  (:goal (in ann tower)))
